// verify-dataset: is this data set whole? Every fault, and an exit code.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/program.h"
#include "libdata/shard/verification.h"
#include "tools/blob_check.h"
#include "tools/verify_report.h"

namespace stoker {
namespace {

struct Options {
  std::string folder;
  bool fast = false;
  bool deep = false;
  std::string json;
  std::string junit;
};

void declare(CLI::App& app, Options* options) {
  begin_options(app, "What to check");
  app.add_option("folder", options->folder, "Folder of a packed data set")->required();
  auto* fast =
      app.add_flag("--fast", options->fast, "Manifest, sizes, indexes and whole-shard hashes only");
  app.add_flag("--deep", options->deep, "Decode every image and every volume as well")
      ->excludes(fast);
  begin_options(app, "Reports");
  app.add_option("--json", options->json, "Write the report as JSON to this file")
      ->type_name("FILE");
  app.add_option("--junit", options->junit, "Write the report as JUnit XML to this file")
      ->type_name("FILE");
  app.footer("Exit codes: 0 whole, 1 bad, 2 usage, 3 could not be read.");
}

// Where the system refused to read and nothing else is wrong, the data may be whole.
int exit_code_of(const VerifyReport& report) {
  if (report.whole()) return kExitDone;
  const bool unread = std::all_of(report.faults.begin(), report.faults.end(),
                                  [](const Fault& f) { return f.kind == FaultKind::kUnreadable; });
  return unread ? kExitEnvironment : kExitBadData;
}

int run(const Options& options, const CommonOptions& common) {
  for (const std::string& report : {options.json, options.junit}) {
    if (!report.empty()) check_can_write(report);
  }
  VerifyOptions verify;
  if (options.fast) verify.level = VerifyLevel::kFast;
  if (options.deep) verify.level = VerifyLevel::kDeep;
  verify.check_blob = check_blob;
  verify.quiet = common.quiet;
  const VerifyReport report = verify_dataset(options.folder, verify);
  print_report(options.folder, verify.level, report);
  if (!options.json.empty()) {
    write_file_atomically(options.json, report_json(options.folder, verify.level, report));
  }
  if (!options.junit.empty()) {
    write_file_atomically(options.junit, report_junit(options.folder, report));
  }
  return exit_code_of(report);
}

}  // namespace
}  // namespace stoker

int main(int argc, char** argv) {
  stoker::Options options;
  return stoker::run_program(
      argc, argv,
      {"verify-dataset", "Check that a packed data set is whole, and list every fault."},
      [&](CLI::App& app) { stoker::declare(app, &options); },
      [&](const stoker::CommonOptions& common) { return stoker::run(options, common); });
}
