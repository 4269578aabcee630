#include "trainer/run/checkpoint.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kCpuGenerator = "random.cpu";
constexpr int kStateVersion = 1;

json describe_file(const WrittenFile& file) {
  return {{"bytes", file.size_bytes}, {"xxh3_128", to_hex(file.hash)}};
}

// Of the values, not of the text: members come out sorted and doubles in their shortest form.
std::string hash_of(const json& values) {
  return to_hex(xxh3_64(as_bytes(values.dump())));
}

// The random state of the CPU generator, which dropout and the like draw from.
torch::Tensor generator_state() {
  return at::globalContext().defaultGenerator(at::kCPU).get_state();
}

NamedTensors training_tensors(const CheckpointParts& parts, const torch::Tensor& generator) {
  NamedTensors tensors = parts.optimizer.state();
  tensors.insert(tensors.end(), parts.more.begin(), parts.more.end());
  tensors.emplace_back(kCpuGenerator, generator);
  return tensors;
}

void write_description(const fs::path& folder, const TrainState& state, const json& files) {
  const json state_values = json::parse(encode_state(state));
  const json description{{"version", kStateVersion},
                         {"state", state_values},
                         {"state_xxh3_64", hash_of(state_values)},
                         {"files", files}};
  write_file_atomically(folder / kStateFile, description.dump(2) + "\n");
}

void write_parts(const fs::path& folder, const TrainState& state, const CheckpointParts& parts) {
  const WrittenFile model =
      write_tensors(folder / kModelFile, state_dict(parts.model), parts.model_metadata);
  const WrittenFile training =
      write_tensors(folder / kTrainingFile, training_tensors(parts, generator_state()), {});
  write_description(folder, state,
                    {{kModelFile, describe_file(model)}, {kTrainingFile, describe_file(training)}});
}

json read_description(const fs::path& path) {
  try {
    json description = json::parse(read_text_file(path));
    if (description.at("version") != kStateVersion) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("checkpoint version {}, expected {}",
                              description.at("version").dump(), kStateVersion),
                  path.string());
    }
    if (description.at("state_xxh3_64") != hash_of(description.at("state"))) {
      throw Error(ErrorCode::kCorrupt, "the state does not match its hash", path.string());
    }
    return description;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kCorrupt, error.what(), path.string());
  }
}

// Opens one of the checkpoint's files and compares it with what state.json says of it.
SafetensorsFile open_part(const fs::path& folder, const char* name, const json& description) {
  SafetensorsFile file(folder / name);
  const json expected =
      description.value(json::json_pointer(std::string("/files/") + name), json());
  const json found = describe_file({file.bytes().size(), xxh3_128(file.bytes())});
  if (expected != found) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("expected {}, found {}", expected.dump(), found.dump()), file.path());
  }
  check_finite(file);
  return file;
}

TrainState load_checkpoint(const fs::path& folder, const CheckpointParts& parts,
                           const OptionList& options, const std::string& data_fingerprint) {
  const json description = read_description(folder / kStateFile);
  const SafetensorsFile model = open_part(folder, kModelFile, description);
  const SafetensorsFile training = open_part(folder, kTrainingFile, description);
  TrainState state = decode_state(description.at("state").dump());
  check_same_run(state, options, data_fingerprint);
  torch::Tensor generator = torch::empty_like(generator_state());
  read_tensors(model, state_dict(parts.model));
  read_tensors(training, training_tensors(parts, generator));
  auto target = at::globalContext().defaultGenerator(at::kCPU);
  target.set_state(generator);
  return state;
}

}  // namespace

void save_checkpoint(const fs::path& output_dir, const TrainState& state,
                     const CheckpointParts& parts, int64_t keep_last) {
  CheckpointDraft draft(output_dir, position_of(state));
  write_parts(draft.folder(), state, parts);
  draft.publish();
  prune_checkpoints(output_dir, keep_last, position_of(state));
}

void advance_checkpoint(const fs::path& output_dir, const CheckpointPosition& saved,
                        const TrainState& state) {
  const fs::path folder = checkpoints_folder(output_dir) / checkpoint_name(saved);
  // What state.json says counts, not the name: a kill between the two lines does no harm.
  write_description(folder, state, read_description(folder / kStateFile).at("files"));
  rename_checkpoint(output_dir, saved, position_of(state));
}

std::optional<TrainState> load_newest_checkpoint(const fs::path& output_dir,
                                                 const CheckpointParts& parts,
                                                 const OptionList& options,
                                                 const std::string& data_fingerprint) {
  const std::vector<FoundCheckpoint> checkpoints = list_checkpoints(output_dir);
  std::vector<fs::path> damaged;
  for (auto newest = checkpoints.rbegin(); newest != checkpoints.rend(); ++newest) {
    try {
      TrainState state = load_checkpoint(newest->path, parts, options, data_fingerprint);
      spdlog::info("resumed from {}", newest->path.string());
      for (const fs::path& path : damaged)
        set_aside_damaged(path);
      return state;
    } catch (const Error& error) {
      const bool is_damage =
          error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kNotFound;
      if (!is_damage) throw;
      spdlog::warn("checkpoint {} is damaged and left out: {}", newest->path.string(),
                   error.what());
      damaged.push_back(newest->path);
    }
  }
  if (checkpoints.empty()) return std::nullopt;
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("all {} checkpoints are damaged; begin anew with --force", checkpoints.size()),
      checkpoints_folder(output_dir).string());
}

CheckpointPosition position_of(const TrainState& state) {
  return {state.epoch, state.step_in_epoch};
}

}  // namespace stoker
