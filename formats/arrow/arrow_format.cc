#include "formats/arrow/arrow_format.h"

#include <utility>

#include "formats/arrow/saved_dataset.h"
#include "formats/arrow/table_reader.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool detect_arrow(const FirstLook& look) {
  if (!look.is_folder) return looks_like_arrow(look.front);
  try {
    return holds_saved_dataset(look.path);
  } catch (const Error&) {
    return false;
  }
}

std::unique_ptr<SourceReader> open_arrow(const SourceRequest& request) {
  arrow_engine();  // what is missing is said first
  TableSet set;
  set.inputs = find_shards(request, [&](const fs::path& input) {
    if (!fs::is_directory(input)) return std::vector<FoundShard>{{input, {}}};
    SavedFiles found = find_saved_files(input);
    set.notes.insert(set.notes.end(), found.notes.begin(), found.notes.end());
    refuse_missing(found.missing, request, set.notes);
    return found.shards;
  });
  if (!set.inputs.shards.empty()) {
    set.features = saved_features(set.inputs.shards.front().path);
  }
  return std::make_unique<TableReader>(std::move(set), request,
                                       [](std::shared_ptr<const MappedFile> file) {
                                         return arrow_engine().open_ipc(std::move(file));
                                       });
}

}  // namespace

const Format& arrow_format() {
  static const Format format{"arrow", "an Arrow file or a folder of them", detect_arrow, open_arrow,
                             nullptr};
  return format;
}

}  // namespace stoker
