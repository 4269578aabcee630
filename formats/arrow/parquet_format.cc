#include "formats/arrow/parquet_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/arrow/hub_folder.h"
#include "formats/arrow/parquet_writer.h"
#include "formats/arrow/table_reader.h"
#include "formats/unit_folder.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool detect_parquet(const FirstLook& look) {
  if (!look.is_folder) return look.starts_with("PAR1") || look.starts_with("PARE");
  try {
    return holds_parquet(look.path);
  } catch (const Error&) {
    return false;
  }
}

// Of one folder that convert-dataset wrote: what stoker.json names and was not found.
std::vector<MissingShard> missing_of_own(const ShardInputs& inputs, const SourceRequest& request) {
  std::vector<MissingShard> missing;
  if (!inputs.own || request.inputs.size() > 1 || !fs::is_directory(request.inputs.front())) {
    return missing;
  }
  for (const SplitEntry& split : inputs.own->splits) {
    for (const ShardSummary& shard : split.shards) {
      const bool found =
          std::any_of(inputs.shards.begin(), inputs.shards.end(),
                      [&](const ShardInput& each) { return each.path.filename() == shard.file; });
      const fs::path folder = inputs.shards.front().path.parent_path();
      if (!found)
        missing.push_back({folder / shard.file, fmt::format("{} names it", kForeignManifestName)});
    }
  }
  return missing;
}

std::unique_ptr<SourceReader> open_parquet(const SourceRequest& request) {
  arrow_engine();  // what is missing is said first
  TableSet set;
  set.inputs = find_shards(request, [&](const fs::path& input) {
    if (!fs::is_directory(input)) return std::vector<FoundShard>{{input, split_of_hub_name(input)}};
    HubFiles found = find_hub_files(input);
    set.features = found.features;
    set.notes.insert(set.notes.end(), found.notes.begin(), found.notes.end());
    refuse_missing(found.missing, request, set.notes);
    return found.shards;
  });
  refuse_missing(missing_of_own(set.inputs, request), request, set.notes);
  return std::make_unique<TableReader>(std::move(set), request,
                                       [](std::shared_ptr<const MappedFile> file) {
                                         return arrow_engine().open_parquet(std::move(file));
                                       });
}

std::unique_ptr<SampleOutput> make_output(const OutputRequest& request) {
  return std::make_unique<ParquetOutput>(request.folder, request.compression);
}

}  // namespace

const Format& parquet_format() {
  static const Format format{"parquet", "a Parquet file or a folder of them", detect_parquet,
                             open_parquet, make_output};
  return format;
}

}  // namespace stoker
