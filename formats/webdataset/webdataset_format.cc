#include "formats/webdataset/webdataset_format.h"

#include <algorithm>
#include <vector>

#include "formats/byte_source.h"
#include "formats/gzip_bytes.h"
#include "formats/shard_inputs.h"
#include "formats/tar.h"
#include "formats/webdataset/webdataset_detect.h"
#include "formats/webdataset/webdataset_reader.h"
#include "formats/webdataset/webdataset_writer.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Folders of splits may lie in the one that is given; a thousand folders are classes.
constexpr size_t kMostFolders = 16;

bool is_webdataset_file(const fs::path& path) {
  try {
    return is_webdataset_tar(*open_byte_source(path));
  } catch (const Error&) {  // told by whoever reads it
    return false;
  }
}

// The first shard in the folder, or in the first of its folders that has one.
fs::path first_shard(const fs::path& folder) {
  const auto first_in = [](const fs::path& place) -> fs::path {
    for (const fs::path& file : list_files(place))
      if (is_webdataset_shard(file)) return file;
    return {};
  };
  fs::path found = first_in(folder);
  if (!found.empty()) return found;
  const std::vector<fs::path> folders = list_folders(folder);
  if (folders.size() > kMostFolders) return {};
  for (const fs::path& inner : folders) {
    found = first_in(inner);
    if (!found.empty()) return found;
  }
  return {};
}

bool detect(const FirstLook& look) {
  if (!look.is_folder) {
    const bool candidate = looks_like_tar(look.front) || looks_like_gzip(look.front);
    return candidate && is_webdataset_file(look.path);
  }
  try {
    const fs::path shard = first_shard(look.path);
    return !shard.empty() && is_webdataset_file(shard);
  } catch (const Error&) {
    return false;
  }
}

void refuse_other_compression(const fs::path& input) {
  if (fs::is_directory(input)) return;
  const RangeFile file(input);
  const Bytes front = file.read(0, std::min<uint64_t>(6, file.size()));
  const std::string_view text = as_text(front);
  const char* command = text.starts_with("\x28\xb5\x2f\xfd") ? "zstd -d"
                        : text.starts_with(
                              "\xfd"
                              "7zXZ")
                            ? "xz -dk"
                        : text.starts_with("BZh") ? "bzip2 -dk"
                                                  : nullptr;
  if (command == nullptr) return;
  throw Error(
      ErrorCode::kUnsupported,
      std::string("the shard is compressed in a way that is not read in place; unpack it: ") +
          command + " " + input.filename().string(),
      input.string());
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  std::for_each(request.inputs.begin(), request.inputs.end(), refuse_other_compression);
  return std::make_unique<WebDatasetReader>(request);
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  if (!request.compression.empty() && request.compression != "none") {
    throw Error(ErrorCode::kInvalidArgument,
                "--compression: shards of WebDataset are written as plain tars, which are read in "
                "place; gzip them afterwards where that is wanted");
  }
  return std::make_unique<WebDatasetOutput>(request.folder);
}

}  // namespace

const Format& webdataset_format() {
  static const Format format{"webdataset", "a WebDataset shard or a folder of them", detect,
                             open_reader, make_output};
  return format;
}

}  // namespace stoker
