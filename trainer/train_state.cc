#include "trainer/train_state.h"

#include <map>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"

namespace stoker {

using nlohmann::json;

std::string encode_state(const TrainState& state) {
  json sums = json::object();
  for (const auto& [name, sum] : state.epoch_sums.by_name)
    sums[name] = {sum.sum, sum.weight};
  json options = json::object();
  for (const auto& [flag, value] : state.options)
    options[flag] = value;
  const json best = state.best ? json(*state.best) : json(nullptr);
  return json{{"epoch", state.epoch},
              {"step_in_epoch", state.step_in_epoch},
              {"step", state.step},
              {"skipped_steps", state.skipped_steps},
              {"bad_steps_in_a_row", state.bad_steps_in_a_row},
              {"epoch_sums", sums},
              {"best", best},
              {"metrics_bytes", state.metrics_bytes},
              {"options", options},
              {"data_fingerprint", state.data_fingerprint}}
      .dump();
}

TrainState decode_state(std::string_view json_text) {
  try {
    const json stored = json::parse(json_text);
    TrainState state;
    state.epoch = stored.at("epoch");
    state.step_in_epoch = stored.at("step_in_epoch");
    state.step = stored.at("step");
    state.skipped_steps = stored.at("skipped_steps");
    state.bad_steps_in_a_row = stored.at("bad_steps_in_a_row");
    for (const auto& [name, sum] : stored.at("epoch_sums").items()) {
      state.epoch_sums.by_name[name] = {sum.at(0), sum.at(1)};
    }
    if (const json& best = stored.at("best"); !best.is_null()) state.best = best.get<double>();
    state.metrics_bytes = stored.at("metrics_bytes");
    for (const auto& [flag, value] : stored.at("options").items()) {
      state.options.emplace_back(flag, value);
    }
    state.data_fingerprint = stored.at("data_fingerprint");
    return state;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kCorrupt, std::string("training state: ") + error.what());
  }
}

void check_same_run(const TrainState& saved, const OptionList& options,
                    const std::string& data_fingerprint) {
  std::map<std::string, std::string> before(saved.options.begin(), saved.options.end());
  std::string differences;
  for (const auto& [flag, value] : options) {
    if (before[flag] != value) {
      differences += "\n  " + flag + " was '" + before[flag] + "', is '" + value + "'";
    }
  }
  if (saved.data_fingerprint != data_fingerprint) {
    differences += "\n  the data set is another one (" + saved.data_fingerprint + ", now " +
                   data_fingerprint + ")";
  }
  if (!differences.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "a run is resumed with the options it began with; give those, another --output-dir, "
        "or --force to begin anew:" +
            differences);
  }
}

}  // namespace stoker
