#include "formats/tfrecord/tfrecord_format.h"

#include <algorithm>
#include <vector>

#include "formats/byte_source.h"
#include "formats/gzip_bytes.h"
#include "formats/image_names.h"
#include "formats/tfrecord/record_frame.h"
#include "formats/tfrecord/tfrecord_reader.h"
#include "formats/tfrecord/tfrecord_writer.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Folders of splits may lie in the one that is given; a thousand folders are classes.
constexpr size_t kMostFolders = 16;

bool is_tfrecord_file(const fs::path& path) {
  try {
    return is_tfrecord(*open_record_file(path));
  } catch (const Error&) {  // told by whoever reads it
    return false;
  }
}

// Whoever calls a file so is told what is wrong with it.
bool is_named_tfrecord(const fs::path& path) {
  return to_lower(path.filename().string()).find(".tfrec") != std::string::npos;
}

// A folder of images has many files: those whose names say nothing are not opened.
bool holds_tfrecords(const fs::path& folder) {
  const std::vector<fs::path> files = list_files(folder);
  return std::any_of(files.begin(), files.end(), [](const fs::path& file) {
    return is_named_tfrecord(file) || (is_tfrecord_name(file) && is_tfrecord_file(file));
  });
}

bool detect(const FirstLook& look) {
  if (!look.is_folder) {
    if (is_named_tfrecord(look.path)) return true;
    const bool candidate =
        parse_record_front(look.front) || looks_like_gzip(look.front) || has_zlib_front(look.front);
    return candidate && is_tfrecord_file(look.path);
  }
  try {
    if (holds_tfrecords(look.path)) return true;
    const std::vector<fs::path> folders = list_folders(look.path);
    return folders.size() <= kMostFolders &&
           std::any_of(folders.begin(), folders.end(), holds_tfrecords);
  } catch (const Error&) {
    return false;
  }
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  return std::make_unique<TfRecordReader>(request);
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  if (!request.compression.empty() && request.compression != "none") {
    throw Error(ErrorCode::kInvalidArgument,
                "--compression: TFRecord files are written plain, so that records can be read in "
                "any order; gzip them afterwards where that is wanted");
  }
  return std::make_unique<TfRecordOutput>(request.folder);
}

}  // namespace

const Format& tfrecord_format() {
  static const Format format{"tfrecord", "a TFRecord file or a folder of them", detect, open_reader,
                             make_output};
  return format;
}

}  // namespace stoker
