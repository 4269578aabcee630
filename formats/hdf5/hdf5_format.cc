#include "formats/hdf5/hdf5_format.h"

#include <memory>
#include <string>
#include <string_view>

#include "formats/hdf5/hdf5_inputs.h"
#include "formats/hdf5/hdf5_output.h"
#include "formats/hdf5/hdf5_reader.h"
#include "formats/image_source_flags.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSignature{"\x89HDF\r\n\x1a\n", 8};
constexpr int kMostLooks = 4096;  // entries of a folder, until it counts as something else

// At the start, or behind a block of the user's of 512, 1024, 2048 ... bytes.
bool has_signature(const FirstLook& look) {
  if (look.starts_with(kSignature)) return true;
  for (size_t at = 512; at < look.front.size(); at *= 2)
    if (look.starts_with(kSignature, at)) return true;
  return false;
}

bool is_hdf5_file(const fs::path& path) {
  try {
    const RangeFile file(path);
    if (file.size() < kSignature.size()) return false;
    const Bytes front = file.read(0, std::min<uint64_t>(file.size(), 4096));
    FirstLook look;
    look.front = front;
    return has_signature(look);
  } catch (const Error&) {
    return false;
  }
}

// A folder of such files and of nothing else that could be a sample.
bool has_hdf5_files(const fs::path& folder) {
  std::error_code error;
  int looks = 0;
  bool found = false;
  fs::recursive_directory_iterator entries(folder, error);
  for (auto at = begin(entries); !error && at != end(entries); at.increment(error)) {
    if (++looks > kMostLooks) break;
    const std::string name = at->path().filename().string();
    std::error_code unseen;
    if (name.starts_with('.') && at->is_directory(unseen)) at.disable_recursion_pending();
    if (name.starts_with('.') || !at->is_regular_file(unseen)) continue;
    const std::string ending = at->path().extension().string();
    const bool beside = ending == ".json" || ending == ".txt" || ending == ".md" ||
                        ending == ".csv" || ending.empty();
    if (beside) continue;
    if (!has_hdf5_ending(at->path())) return false;
    if (!found && !is_hdf5_file(at->path())) return false;
    found = true;
  }
  return found;
}

bool detect(const FirstLook& look) {
  return look.is_folder ? has_hdf5_files(look.path) : has_signature(look);
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  refuse_image_flags(request, "data set of an HDF5 file");
  return std::make_unique<Hdf5Reader>(request);
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  return std::make_unique<Hdf5Output>(request.folder, parse_hdf5_compression(request.compression));
}

}  // namespace

const Format& hdf5_format() {
  static const Format format{"hdf5", "an HDF5 file", detect, open_reader, make_output};
  return format;
}

}  // namespace stoker
