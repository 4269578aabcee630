#include "libdata/shard/packed_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/source_record.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packing_merge.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

const std::regex& our_files() {
  static const std::regex pattern(
      R"((dataset\.json|part-\d+-of-\d+\.json|plan|.+-\d{5,}-of-\d{5,}\.stk(\.sources)?)(\.tmp)?)");
  return pattern;
}

// Removes a data set that --force replaces: our own files only.
void remove_data_set(const fs::path& folder) {
  remove_records(folder);
  // The manifest goes first: without it nobody takes the rest for a data set.
  fs::remove(folder / kManifestName);
  for (const fs::path& path : list_files(folder)) {
    if (std::regex_match(path.filename().string(), our_files())) fs::remove(path);
  }
}

// Shards and manifests of another plan would be mixed up with this one's, or lost. (A shard of the
// same name is looked at when its turn comes.)
void refuse_other_plans(const fs::path& folder, const PackPlan& plan) {
  std::set<std::string> planned;
  for (const PlannedShard& shard : plan.shards)
    planned.insert(shard.file);
  const auto refuse = [](const fs::path& path) {
    throw Error(ErrorCode::kInvalidArgument,
                "belongs to a data set of other sources or options in the output folder (--force "
                "starts over)",
                path.string());
  };
  for (const fs::path& path : list_files(folder)) {
    const std::string name = path.filename().string();
    if (path.extension() == ".stk" && planned.count(name) == 0) refuse(path);
    if (name != kManifestName && !is_part_manifest(name)) continue;
    try {
      if (read_manifest(path).fingerprint != plan.fingerprint) refuse(path);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kCorrupt && error.code() != ErrorCode::kUnsupported)
        throw;  // a damaged manifest is written anew
    }
  }
}

// Those that another part is writing right now stay.
void remove_leftovers(const fs::path& folder) {
  for (const fs::path& place : {folder, folder / kRecordFolder}) {
    if (!fs::is_directory(place)) continue;
    for (const fs::path& path : list_files(place)) {
      const std::string name = path.filename().string();
      const bool half_written =
          std::regex_match(name, our_files()) && path.extension() == kTemporaryEnding;
      if (half_written) remove_left_temporary(path);
    }
  }
}

}  // namespace

void prepare_packed_folder(const fs::path& folder, const OutputRun& run) {
  remove_leftovers(folder);
  if (run.force) {
    // Other parts may be at work in the same folder; this one's own shards are replaced one by one.
    if (run.part) fs::remove(folder / kManifestName);
    if (!run.part) remove_data_set(folder);
    return;
  }
  refuse_other_plans(folder, run.plan);
  if (run.resume) return;
  for (const fs::path& path : list_files(folder)) {
    const bool part_of_another_job = run.part && path.extension() != ".json";
    const bool ours = path.extension() == ".stk" || path.filename() == kManifestName;
    if (ours && !part_of_another_job) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the output folder already holds a packed data set; --resume continues an "
                  "interrupted run, --force starts over",
                  path.string());
    }
  }
}

}  // namespace stoker
