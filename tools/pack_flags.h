// The options that all packers share, and what they do with them: plan, dry run, pack, merge,
// report.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/program.h"
#include "libdata/sample/conversion.h"

namespace stoker {

struct PackFlags {
  std::string output;
  std::string shard_size = "1GiB";
  PackOrder order = PackOrder::kShuffled;
  uint64_t seed = 0;
  bool skip_bad_samples = false;
  bool resume = false;
  bool check_sources = false;
  bool force = false;
  bool dry_run = false;
  bool merge = false;
  std::string part;  // "K/N"
  std::string json;  // report file
};

void declare_pack_flags(CLI::App& app, PackFlags* flags);

// Before any work: the report and the output folder can be written, --part can be read, and neither
// input nor output lies in the other. InvalidArgument, NotFound or Io.
void check_places(const PackFlags& flags, const std::vector<std::string>& inputs);

PlanOptions plan_options(const PackFlags& flags, const SourceReader& reader);
std::map<std::string, std::string> describe(const PackFlags& flags);  // those that shape the bytes

// Fills in `options` from the flags (the caller may have set samples_in_flight, unit and inputs)
// and converts, or only says what would be packed. Reports on stdout and to --json, and lets
// `add_to_report` say more in both. The exit code.
using AddToReport = std::function<void(const PackReport& report, nlohmann::ordered_json& json)>;
int convert_and_report(const Conversion& conversion, ConvertOptions options, const PackFlags& flags,
                       const CommonOptions& common, const AddToReport& add_to_report = {});

int merge_and_report(const PackFlags& flags, const std::vector<std::string>& part_folders);

}  // namespace stoker
