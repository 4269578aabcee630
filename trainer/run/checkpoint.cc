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

// The parts with the generator's state among the training ones.
CheckpointParts with_generator(CheckpointParts parts, const torch::Tensor& generator) {
  for (CheckpointPart& part : parts) {
    if (part.name == kTrainingPart) part.tensors.emplace_back(kCpuGenerator, generator);
  }
  return parts;
}

std::string file_name(const CheckpointPart& part) {
  return part.name + ".safetensors";
}

void write_description(const fs::path& folder, const TrainState& state, const json& files) {
  const json state_values = json::parse(encode_state(state));
  const json description{{"version", kStateVersion},
                         {"state", state_values},
                         {"state_xxh3_64", hash_of(state_values)},
                         {"files", files}};
  write_file_atomically(folder / kStateFile, description.dump(2) + "\n");
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
SafetensorsFile open_part(const fs::path& folder, const std::string& name,
                          const json& description) {
  SafetensorsFile file(folder / name);
  const json expected = description.value(json::json_pointer("/files/" + name), json());
  const json found = describe_file({file.bytes().size(), xxh3_128(file.bytes())});
  if (expected != found) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("expected {}, found {}", expected.dump(), found.dump()), file.path());
  }
  check_finite(file);
  return file;
}

}  // namespace

TrainState load_checkpoint(const fs::path& folder, const CheckpointParts& parts,
                           const OptionList& options, const std::string& data_fingerprint) {
  const json description = read_description(folder / kStateFile);
  const torch::Tensor generator = torch::empty_like(generator_state());
  const CheckpointParts wanted = with_generator(parts, generator);
  std::vector<SafetensorsFile> files;
  for (const CheckpointPart& part : wanted)
    files.push_back(open_part(folder, file_name(part), description));
  TrainState state = decode_state(description.at("state").dump());
  check_same_run(state, options, data_fingerprint);
  for (size_t i = 0; i < wanted.size(); ++i)
    read_tensors(files[i], wanted[i].tensors);
  auto target = at::globalContext().defaultGenerator(at::kCPU);
  target.set_state(generator);
  return state;
}

CheckpointParts checkpoint_parts(const torch::nn::Module& model,
                                 const std::map<std::string, std::string>& model_metadata,
                                 const Optimizer& optimizer) {
  return {{kModelPart, state_dict(model), model_metadata}, {kTrainingPart, optimizer.state()}};
}

NamedTensors copy_on_host(const NamedTensors& tensors) {
  const torch::NoGradGuard no_grad;
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) {
    torch::Tensor copy = torch::empty(tensor.sizes(), torch::dtype(tensor.scalar_type()));
    copies.emplace_back(name, copy.copy_(tensor));
  }
  return copies;
}

CheckpointSnapshot take_snapshot(const TrainState& state, const CheckpointParts& parts) {
  CheckpointSnapshot snapshot{state, with_generator(parts, generator_state())};
  for (CheckpointPart& part : snapshot.parts)
    part.tensors = copy_on_host(part.tensors);
  return snapshot;
}

void write_checkpoint(const fs::path& root, const CheckpointSnapshot& snapshot, int64_t keep_last,
                      const std::optional<fs::path>& in_use) {
  CheckpointDraft draft(root, position_of(snapshot.state));
  json files = json::object();
  for (const CheckpointPart& part : snapshot.parts) {
    files[file_name(part)] =
        describe_file(write_tensors(draft.folder() / file_name(part), part.tensors, part.metadata));
  }
  write_description(draft.folder(), snapshot.state, files);
  draft.publish();
  prune_checkpoints(root, keep_last, position_of(snapshot.state), in_use);
}

void advance_checkpoint(const fs::path& root, const CheckpointPosition& saved,
                        const TrainState& state) {
  const fs::path folder = checkpoints_folder(root) / checkpoint_name(saved);
  // What state.json says counts, not the name: a kill between the two lines does no harm.
  write_description(folder, state, read_description(folder / kStateFile).at("files"));
  rename_checkpoint(root, saved, position_of(state));
}

std::optional<TrainState> load_newest_checkpoint(const fs::path& root, const CheckpointParts& parts,
                                                 const OptionList& options,
                                                 const std::string& data_fingerprint) {
  const std::vector<FoundCheckpoint> checkpoints = list_checkpoints(root);
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
      checkpoints_folder(root).string());
}

CheckpointPosition position_of(const TrainState& state) {
  return {state.epoch, state.step_in_epoch};
}

}  // namespace stoker
