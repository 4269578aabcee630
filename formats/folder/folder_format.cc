#include "formats/folder/folder_format.h"

#include <algorithm>
#include <utility>

#include "formats/folder/image_folder.h"
#include "formats/folder/tiff_volume_folder.h"
#include "formats/image_reader.h"
#include "formats/image_source.h"
#include "formats/tar.h"
#include "formats/tiff_volume.h"
#include "formats/vesuvius.h"
#include "formats/volume_reader.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/text_lines.h"
#include "libdata/sample/joined_reader.h"
#include "libdata/shard/manifest.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Compressed tars are recognised here and refused by the tar reader, which says why.
bool detect(const FirstLook& look) {
  return look.is_folder || looks_like_tar(look.front) || look.starts_with("\x1f\x8b");
}

bool has_several_planes(const fs::path& image) {
  return fs::is_directory(image) || open_tiff_volume(image).info.size_zyx[0] > 1;
}

// The options under which the folder is one of volumes; nothing where it is not.
std::optional<VolumeFolderOptions> find_volumes(const fs::path& folder, const std::string& split) {
  if (!fs::is_directory(folder)) return std::nullopt;
  const bool has_table = !split.empty() && fs::exists(folder / (split + ".csv"));
  for (const bool labels : {true, false}) {
    const VolumeFolderOptions options{labels, has_table ? split : std::string()};
    try {
      for (const VolumeItem& item : list_vesuvius(folder, options).items) {
        if (has_several_planes(item.image)) return options;
        break;  // pictures of one page are images
      }
    } catch (const Error&) {  // no folder of volumes, then
    }
  }
  return std::nullopt;
}

void refuse_fields(const SourceRequest& request) {
  if (request.fields.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              "--field: a folder has no fields to choose from; --class-from says where classes "
              "stand");
}

std::unique_ptr<SourceReader> open_images(const SourceRequest& request) {
  ImageSourceOptions options;
  options.devkit = request.devkit;
  options.skip_damaged = request.skip_damaged;
  options.class_from = request.class_from;
  options.exclude = request.exclude;
  SourceListing listing = list_image_source(request.inputs, options);
  if (listing.items.empty()) {
    throw Error(ErrorCode::kCorrupt, "the sources hold no image", request.inputs.front().string());
  }
  const bool renamed = listing.splits.size() == 1 && !request.split.empty();
  if (renamed) listing.splits = {request.split};
  return std::make_unique<ImageReader>(std::move(listing));
}

// As users edit it too: their editors' line ends and byte order marks are passed over.
std::vector<std::string> read_lines(const fs::path& path) {
  const std::string text = read_text_file(path);
  std::vector<std::string> lines;
  for (const TextLine& line : text_lines(text))
    lines.emplace_back(line.text);
  return lines;
}

// From the order of names, which a folder has, to the one that was written down.
void restore_class_order(const fs::path& folder, SourceListing& listing) {
  const fs::path path = folder / kClassesFileName;
  if (!fs::exists(path)) return;
  const std::vector<std::string> wanted = read_lines(path);
  std::vector<int32_t> numbers;
  for (const std::string& name : listing.class_names) {
    const auto found = std::find(wanted.begin(), wanted.end(), name);
    if (found == wanted.end()) {
      throw Error(ErrorCode::kCorrupt, "does not list the class '" + name + "', which has a folder",
                  path.string());
    }
    numbers.push_back(static_cast<int32_t>(found - wanted.begin()));
  }
  for (SourceItem& item : listing.items)
    if (item.label >= 0) item.label = numbers[static_cast<size_t>(item.label)];
  listing.class_names = wanted;
}

// What this program wrote: a folder a split, and classes as they were numbered.
std::unique_ptr<SourceReader> open_own(const fs::path& folder, const SourceRequest& request) {
  const Manifest manifest = read_manifest(folder / kForeignManifestName);
  if (has_volumes(manifest.schema)) return open_tiff_volume_folder(folder, manifest);
  std::vector<std::unique_ptr<SourceReader>> readers;
  std::vector<std::string> names;
  for (const SplitEntry& split : manifest.splits) {
    ImageSourceOptions options;
    options.skip_damaged = request.skip_damaged;
    options.exclude = request.exclude;
    options.split = split.name;
    SourceListing listing = list_image_source({folder / split.name}, options);
    restore_class_order(folder, listing);
    readers.push_back(std::make_unique<ImageReader>(std::move(listing)));
    names.push_back((folder / split.name).string());
  }
  if (readers.empty()) throw Error(ErrorCode::kCorrupt, "holds no split", folder.string());
  return std::make_unique<JoinedReader>(std::move(readers), names);
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  refuse_fields(request);
  const fs::path& first = request.inputs.front();
  const bool own = request.inputs.size() == 1 && request.class_from.empty() &&
                   fs::exists(first / kForeignManifestName);
  if (own) return open_own(first, request);
  const auto volumes =
      request.inputs.size() == 1 ? find_volumes(first, request.split) : std::nullopt;
  if (!volumes) return open_images(request);
  VolumeReaderOptions reading;
  if (!request.split.empty()) reading.split = request.split;
  return std::make_unique<VolumeReader>(list_volume_folder(first, *volumes), first, reading);
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  if (has_volumes(request.schema)) return std::make_unique<TiffVolumeFolder>(request);
  if (!request.compression.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--compression: images are files of their own; --encode says of which kind");
  }
  return std::make_unique<ImageFolder>(request.folder);
}

}  // namespace

const Format& folder_format() {
  static const Format format{"folder", "a folder or tar of files", detect, open_reader,
                             make_output};
  return format;
}

}  // namespace stoker
