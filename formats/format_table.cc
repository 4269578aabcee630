#include "formats/format_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/arrow/arrow_format.h"
#include "formats/arrow/parquet_format.h"
#include "formats/beton/beton_format.h"
#include "formats/cifar/cifar_format.h"
#include "formats/folder/folder_format.h"
#include "formats/hdf5/hdf5_format.h"
#include "formats/lmdb/lmdb_format.h"
#include "formats/mds/mds_format.h"
#include "formats/mnist/mnist_format.h"
#include "formats/nifti/nifti_format.h"
#include "formats/nnunet/nnunet_format.h"
#include "formats/npy/npy_format.h"
#include "formats/stk/stk_format.h"
#include "formats/tfrecord/tfrecord_format.h"
#include "formats/unit_folder.h"
#include "formats/webdataset/webdataset_format.h"
#include "formats/zarr/zarr_format.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/shard/manifest.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kFrontBytes = uint64_t{64} << 10;

// Those that are certain of their own come first; a folder of images is what nothing else is.
const std::array kFormats{
    &nifti_format(),   &nnunet_format(),     &zarr_format(),     &stk_format(),  &hdf5_format(),
    &cifar_format(),   &webdataset_format(), &tfrecord_format(), &npy_format(),  &npz_format(),
    &mnist_format(),   &mds_format(),        &beton_format(),    &lmdb_format(), &arrow_format(),
    &parquet_format(), &folder_format(),
};

// Of a folder that was written here; null where it does not say.
const Format* find_written(const FirstLook& look) {
  const fs::path path = look.path / kForeignManifestName;
  if (!look.is_folder || !fs::exists(path)) return nullptr;
  std::string name;
  try {
    const Manifest manifest = read_manifest(path);
    const auto to = manifest.options.find(kToOption);
    if (to != manifest.options.end()) name = to->second;
  } catch (const Error&) {  // whoever reads the folder says what is wrong with it
  }
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format* format) {
    return format->name == name && format->open_reader != nullptr;
  });
  return found == kFormats.end() ? nullptr : *found;
}

const Format* find_format(const FirstLook& look) {
  if (const Format* written = find_written(look)) return written;
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format* format) {
    return format->detect != nullptr && format->detect(look);
  });
  return found == kFormats.end() ? nullptr : *found;
}

template <typename Has>
const Format& find_by_name(const std::string& name, const char* flag, Has has) {
  std::vector<std::string_view> names;
  for (const Format* format : kFormats) {
    if (!has(*format)) continue;
    if (format->name == name) return *format;
    names.push_back(format->name);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} {}: expected one of {}", flag, name, fmt::join(names, ", ")));
}

}  // namespace

bool FirstLook::starts_with(std::string_view magic, size_t offset) const {
  return front.size() >= offset + magic.size() &&
         as_text(front).substr(offset, magic.size()) == magic;
}

FirstLook look_at(const fs::path& path) {
  FirstLook look;
  look.path = path;
  look.is_folder = fs::is_directory(path);
  if (look.is_folder) return look;
  const RangeFile file(path);
  look.size_bytes = file.size();
  look.front = file.read(0, std::min(kFrontBytes, file.size()));
  return look;
}

std::span<const Format* const> all_formats() {
  return kFormats;
}

const Format& format_to_read(const std::string& name) {
  return find_by_name(name, "--from", [](const Format& f) { return f.open_reader != nullptr; });
}

const Format& format_to_write(const std::string& name) {
  return find_by_name(name, "--to", [](const Format& f) { return f.make_output != nullptr; });
}

const Format& detect_format(const std::vector<fs::path>& paths) {
  if (paths.empty()) throw Error(ErrorCode::kInvalidArgument, "no input given");
  const Format* whole = nullptr;
  for (const fs::path& path : paths) {
    const Format* format = find_format(look_at(path));
    if (format == nullptr) {
      throw Error(ErrorCode::kInvalidArgument,
                  "is of no format known here; if it is one of those that --help lists, say which "
                  "with --from",
                  path.string());
    }
    if (whole != nullptr && format != whole) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("is {}, the inputs before it are each {}: convert them one after the "
                              "other",
                              format->description, whole->description),
                  path.string());
    }
    whole = format;
  }
  return *whole;
}

std::string hint_at_format(const fs::path& path) {
  try {
    const Format* format = find_format(look_at(path));
    if (format == nullptr || format == &folder_format()) return {};
    return fmt::format(" (it is {}: convert-dataset --from {} reads it)", format->description,
                       format->name);
  } catch (const Error&) {  // what could not be read is told by whoever asked
    return {};
  }
}

}  // namespace stoker
