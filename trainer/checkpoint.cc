#include "trainer/checkpoint.h"

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

constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kTrainingFile = "training.safetensors";
constexpr const char* kStateFile = "state.json";
constexpr const char* kTemporarySuffix = ".tmp";
constexpr const char* kCpuGenerator = "random.cpu";
constexpr int kStateVersion = 1;

fs::path checkpoints_folder(const fs::path& output_dir) {
  return output_dir / "checkpoints";
}

// Oldest first: the names sort by epoch and step.
std::vector<fs::path> list_checkpoints(const fs::path& output_dir) {
  std::vector<fs::path> found;
  if (!fs::is_directory(checkpoints_folder(output_dir))) return found;
  for (const fs::path& path : list_folders(checkpoints_folder(output_dir))) {
    if (path.extension() != kTemporarySuffix) found.push_back(path);
  }
  return found;
}

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

NamedTensors training_tensors(const Optimizer& optimizer, const torch::Tensor& generator) {
  NamedTensors tensors = optimizer.state();
  tensors.emplace_back(kCpuGenerator, generator);
  return tensors;
}

void write_parts(const fs::path& folder, const TrainState& state, const CheckpointParts& parts) {
  const WrittenFile model =
      write_tensors(folder / kModelFile, state_dict(parts.model), parts.model_metadata);
  const WrittenFile training = write_tensors(
      folder / kTrainingFile, training_tensors(parts.optimizer, generator_state()), {});
  const json state_values = json::parse(encode_state(state));
  const json description{
      {"version", kStateVersion},
      {"state", state_values},
      {"state_xxh3_64", hash_of(state_values)},
      {"files", {{kModelFile, describe_file(model)}, {kTrainingFile, describe_file(training)}}}};
  write_file_atomically(folder / kStateFile, description.dump(2) + "\n");
}

void remove_surplus(const fs::path& output_dir, int64_t keep_last) {
  const std::vector<fs::path> checkpoints = list_checkpoints(output_dir);
  const size_t keep = static_cast<size_t>(keep_last);
  for (size_t i = 0; i + keep < checkpoints.size(); ++i)
    fs::remove_all(checkpoints[i]);
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
  read_tensors(training, training_tensors(parts.optimizer, generator));
  auto target = at::globalContext().defaultGenerator(at::kCPU);
  target.set_state(generator);
  return state;
}

}  // namespace

void save_checkpoint(const fs::path& output_dir, const TrainState& state,
                     const CheckpointParts& parts, int64_t keep_last) {
  const fs::path folder = checkpoints_folder(output_dir) /
                          fmt::format("epoch-{:05}-step-{:08}", state.epoch, state.step_in_epoch);
  const fs::path temporary = folder.string() + kTemporarySuffix;
  fs::remove_all(temporary);
  fs::create_directories(temporary);
  write_parts(temporary, state, parts);
  // One of that name is of the same run and position: it was damaged, or this one equals it.
  fs::remove_all(folder);
  fs::rename(temporary, folder);
  sync_folder(folder.parent_path());
  remove_surplus(output_dir, keep_last);
}

std::optional<TrainState> load_newest_checkpoint(const fs::path& output_dir,
                                                 const CheckpointParts& parts,
                                                 const OptionList& options,
                                                 const std::string& data_fingerprint) {
  const std::vector<fs::path> checkpoints = list_checkpoints(output_dir);
  for (auto newest = checkpoints.rbegin(); newest != checkpoints.rend(); ++newest) {
    try {
      TrainState state = load_checkpoint(*newest, parts, options, data_fingerprint);
      spdlog::info("resumed from {}", newest->string());
      return state;
    } catch (const Error& error) {
      const bool damaged =
          error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kNotFound;
      if (!damaged) throw;
      spdlog::warn("checkpoint {} is damaged and left out: {}", newest->string(), error.what());
    }
  }
  if (checkpoints.empty()) return std::nullopt;
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("all {} checkpoints are damaged; begin anew with --force", checkpoints.size()),
      checkpoints_folder(output_dir).string());
}

bool has_checkpoint(const fs::path& output_dir) {
  return !list_checkpoints(output_dir).empty();
}

}  // namespace stoker
