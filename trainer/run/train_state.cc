#include "trainer/run/train_state.h"

#include <charconv>
#include <map>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"

namespace stoker {

using nlohmann::json;

namespace {

json encode_list(const OptionList& list) {
  json object = json::object();
  for (const auto& [name, value] : list)
    object[name] = value;
  return object;
}

OptionList decode_list(const json& object) {
  OptionList list;
  for (const auto& [name, value] : object.items())
    list.emplace_back(name, value);
  return list;
}

// Version 0.1.0 counted steps alone, of one process.
uint64_t position_by_step(const TrainState& state) {
  if (state.step_in_epoch == 0) return 0;
  for (const auto& [flag, value] : state.options) {
    uint64_t batch_size = 0;
    if (flag != "--batch-size") continue;
    if (std::from_chars(value.data(), value.data() + value.size(), batch_size).ec == std::errc())
      return state.step_in_epoch * batch_size;
  }
  throw Error(ErrorCode::kCorrupt, "training state: neither a position nor --batch-size");
}

}  // namespace

std::string encode_state(const TrainState& state) {
  json sums = json::object();
  for (const auto& [name, sum] : state.epoch_sums.by_name)
    sums[name] = {sum.sum, sum.weight};
  const json best = state.best ? json(*state.best) : json(nullptr);
  return json{{"epoch", state.epoch},
              {"step_in_epoch", state.step_in_epoch},
              {"position", state.position},
              {"step", state.step},
              {"skipped_steps", state.skipped_steps},
              {"bad_steps_in_a_row", state.bad_steps_in_a_row},
              {"epoch_sums", sums},
              {"best", best},
              {"best_epoch", state.best_epoch},
              {"best_by", state.best_by},
              {"metrics_bytes", state.metrics_bytes},
              {"options", encode_list(state.options)},
              {"data_fingerprint", state.data_fingerprint},
              {"made_with", encode_list(state.made_with)}}
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
    state.options = decode_list(stored.at("options"));
    state.data_fingerprint = stored.at("data_fingerprint");
    // Not in states of version 0.1.0.
    state.best_epoch = stored.value("best_epoch", uint64_t{0});
    state.best_by = stored.value("best_by", "");
    state.made_with = decode_list(stored.value("made_with", json::object()));
    const auto position = stored.find("position");
    state.position = position != stored.end() ? position->get<uint64_t>() : position_by_step(state);
    return state;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kCorrupt, std::string("training state: ") + error.what());
  }
}

std::vector<std::string> differences(const OptionList& before, const OptionList& now) {
  const std::map<std::string, std::string> old(before.begin(), before.end());
  std::vector<std::string> found;
  for (const auto& [name, value] : now) {
    const auto was = old.find(name);
    if (was != old.end() && was->second != value) {
      found.push_back(name + " was " + was->second + ", is " + value);
    }
  }
  return found;
}

namespace {

using OptionMap = std::map<std::string, std::string>;

std::string value_of(const OptionMap& options, const std::string& flag) {
  const auto found = options.find(flag);
  return found == options.end() ? "" : found->second;
}

// Whether a step's learning rate is what it is however many epochs are to come.
bool is_endless(const OptionMap& options) {
  const std::string scheduler = value_of(options, "--scheduler");
  if (!scheduler.empty() && scheduler != "cosine") {
    return scheduler == "constant" || scheduler == "step";
  }
  const std::string rate = value_of(options, "--lr");
  return !rate.empty() && rate == value_of(options, "--min-lr");  // half a cosine of height 0
}

bool is_more(const std::string& before, const std::string& now) {
  return now.size() > before.size() || (now.size() == before.size() && now > before);
}

// What to say of --epochs that are not what they were; empty where that may be.
std::string refuse_other_epochs(const OptionMap& before, const std::string& now) {
  const std::string was = value_of(before, "--epochs");
  if (is_more(was, now) && is_endless(before)) return "";
  std::string text = "\n  --epochs was '" + was + "', is '" + now + "'";
  if (is_more(was, now)) {
    text +=
        " (the learning rate has come down for that end; for more epochs begin another run from "
        "this one's weights with --init-from)";
  }
  return text;
}

}  // namespace

void check_same_run(const TrainState& saved, const OptionList& options,
                    const std::string& data_fingerprint) {
  const OptionMap before(saved.options.begin(), saved.options.end());
  std::string changed;
  for (const auto& [flag, value] : options) {
    // Nothing was left out while it was "stop", and with "skip" it may have been all along.
    if (flag == "--on-error") continue;
    const std::string was = value_of(before, flag);
    if (was == value) continue;
    changed += flag == "--epochs" ? refuse_other_epochs(before, value)
                                  : "\n  " + flag + " was '" + was + "', is '" + value + "'";
  }
  // Flags that are listed only where they are given.
  const OptionMap now(options.begin(), options.end());
  for (const auto& [flag, was] : before) {
    if (!now.contains(flag)) changed += "\n  " + flag + " was '" + was + "', is not given";
  }
  if (saved.data_fingerprint != data_fingerprint) {
    changed += "\n  the data set is another one (" + saved.data_fingerprint + ", now " +
               data_fingerprint + ")";
  }
  if (!changed.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "a run is resumed with the options it began with; give those, another --output-dir, "
        "or --force to begin anew:" +
            changed);
  }
}

}  // namespace stoker
