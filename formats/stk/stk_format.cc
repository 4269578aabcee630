#include "formats/stk/stk_format.h"

#include <string>
#include <utility>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/sample/joined_reader.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_output.h"
#include "libdata/shard/packed_reader.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool detect(const FirstLook& look) {
  return look.is_folder && fs::exists(look.path / kManifestName) &&
         !fs::exists(look.path / "imagesTr") &&  // nnU-Net's table is called dataset.json as well
         !fs::exists(look.path / "imagesTs");
}

// A base, so that the data set is there before the reader that refers to it.
struct OwnedDataset {
  explicit OwnedDataset(const fs::path& folder) : dataset(folder) {}
  PackedDataset dataset;
};

class OwningPackedReader : private OwnedDataset, public PackedReader {
 public:
  explicit OwningPackedReader(const fs::path& folder)
      : OwnedDataset(folder), PackedReader(dataset, folder) {}
};

void refuse_fields(const SourceRequest& request) {
  if (request.fields.empty()) return;
  throw Error(
      ErrorCode::kInvalidArgument,
      "--field: the fields of a packed data set have names already; --drop leaves some out");
}

std::unique_ptr<SourceReader> open_reader(const SourceRequest& request) {
  refuse_fields(request);
  std::vector<std::unique_ptr<SourceReader>> readers;
  std::vector<std::string> names;
  for (const fs::path& input : request.inputs) {
    readers.push_back(std::make_unique<OwningPackedReader>(input));
    names.push_back(input.string());
  }
  if (readers.size() == 1) return std::move(readers.front());
  return std::make_unique<JoinedReader>(std::move(readers), names);
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  if (!request.compression.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--compression: packed data sets are compressed by --encode or not at all");
  }
  return std::make_unique<PackedOutput>(request.folder, kAlignmentBySchema);
}

}  // namespace

const Format& stk_format() {
  static const Format format{"stk", "a packed data set", detect, open_reader, make_output};
  return format;
}

}  // namespace stoker
