#include "trainer/run/run_config.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/core/program.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kProgram = "train";

std::string compiler() {
#if defined(__clang__)
  return std::string("clang ") + __clang_version__;
#else
  return std::string("GCC ") + __VERSION__;
#endif
}

// Empty where the system does not say.
std::string cpu_model() {
  constexpr std::string_view kName = "model name";
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with(kName) && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "";
}

Json made_with(const RunOptions& run) {
  Json object = Json::object();
  for (const auto& [name, value] : run.made_with)
    object[name] = value;
  object["compiler"] = compiler();
  object["cpu"] = cpu_model();
  return object;
}

// What was settled since parsing: a list's values are joined by commas.
void settle(const OptionList& settled, std::vector<OptionSetting>& settings) {
  for (const auto& [flag, value] : settled) {
    const auto found = std::find_if(settings.begin(), settings.end(), [&](const auto& setting) {
      return std::find(setting.names.begin(), setting.names.end(), flag.substr(2)) !=
             setting.names.end();
    });
    if (found == settings.end()) continue;
    if (value.empty()) {
      found->values.clear();
    } else {
      found->values = found->is_list ? CLI::detail::split(value, ',') : std::vector{value};
    }
  }
}

// A folder that is the output folder is not named apart: with another --output-dir it follows.
std::string unless_output(const std::string& folder, const RunOptions& run) {
  return folder == run.output_dir ? "" : folder;
}

Json settled_options(const TrainOptions& options) {
  std::vector<OptionSetting> settings = options.settings;
  OptionList settled = result_options(options);
  settled.insert(settled.end(),
                 {{"--threads", fmt::format("{}", thread_count())},
                  {"--output-dir", options.run.output_dir},
                  {"--checkpoint-dir", unless_output(options.run.checkpoint_dir, options.run)},
                  {"--log-dir", unless_output(options.run.log_dir, options.run)},
                  {"--target-accuracy", fmt::format("{}", options.run.target_accuracy)}});
  settle(settled, settings);
  return encode_settings(settings);
}

// With the members of `before` that are not those of `now`: what they were.
Json differences(const Json& before, const Json& now) {
  Json differing = Json::object();
  for (const auto& [name, value] : before.items()) {
    if (!now.contains(name) || now[name] != value) differing[name] = value;
  }
  for (const auto& [name, value] : now.items()) {
    if (!before.contains(name)) differing[name] = nullptr;
  }
  return differing;
}

// The starts of an older file, their options told by how they differ from `options`.
Json earlier_starts(const fs::path& file, const Json& options) {
  if (!fs::exists(file)) return Json::array();
  const Json older = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  const bool is_whole = older.is_object() && older.value("options", Json()).is_object() &&
                        older.value("starts", Json()).is_array();
  if (!is_whole) {
    spdlog::warn("{}: damaged, what it said of earlier starts is lost", file.string());
    return Json::array();
  }
  Json starts = older["starts"];
  for (Json& start : starts) {
    if (!start.is_object()) continue;
    Json had = older["options"];
    if (start.contains("options")) had.merge_patch(start["options"]);
    const Json differing = differences(had, options);
    start.erase("options");
    if (!differing.empty()) start["options"] = differing;
  }
  return starts;
}

}  // namespace

void write_run_config(const fs::path& file, const TrainOptions& options,
                      const std::string& data_fingerprint, uint64_t step) {
  Json config{{"program", kProgram}, {"version", kVersion}};
  config["options"] = settled_options(options);
  config["data"] = {{"train", options.data.shards},
                    {"val", options.data.val_shards},
                    {"fingerprint", data_fingerprint}};
  config["made_with"] = made_with(options.run);
  config["starts"] = earlier_starts(file, config["options"]);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  config["starts"].push_back({{"time", fmt::format("{:%FT%TZ}", fmt::gmtime(now))},
                              {"step", step},
                              {"version", kVersion},
                              {"made_with", config["made_with"]}});
  const std::string text = config.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  write_file_atomically(file, std::string_view(text));
}

bool is_run_config(const fs::path& file) {
  if (!fs::is_regular_file(file)) return false;
  const Json config = Json::parse(read_text_file(file), nullptr, /*allow_exceptions=*/false);
  return config.is_object() && config.value("program", Json()) == kProgram;
}

}  // namespace stoker
