// Checkpoints: everything a run needs to go on as if it had never stopped.
//
// A checkpoint is a folder OUTPUT/checkpoints/epoch-EEEEE-step-SSSSSSSS/ with model.safetensors,
// training.safetensors (optimiser, random state) and state.json, which holds the counters and the
// sizes and hashes of the other two. It is written under a temporary name, synced and renamed, so
// that a name without ".tmp" is a whole checkpoint; the hashes find later damage.
// One thread. Errors: Io, and those named below.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "trainer/optimizer.h"
#include "trainer/train_state.h"

namespace stoker {

// What a checkpoint saves and restores, beside TrainState.
struct CheckpointParts {
  const torch::nn::Module& model;
  const Optimizer& optimizer;
  std::map<std::string, std::string> model_metadata;
};

// Writes the checkpoint of `state`, then removes all but the newest `keep_last`.
void save_checkpoint(const std::filesystem::path& output_dir, const TrainState& state,
                     const CheckpointParts& parts, int64_t keep_last);

// Restores the newest whole checkpoint; nullopt where there is none at all. One that is damaged is
// reported and the one before it taken; Corrupt when all are damaged. InvalidArgument when the
// checkpoint is of a run with other options or data.
std::optional<TrainState> load_newest_checkpoint(const std::filesystem::path& output_dir,
                                                 const CheckpointParts& parts,
                                                 const OptionList& options,
                                                 const std::string& data_fingerprint);

bool has_checkpoint(const std::filesystem::path& output_dir);

}  // namespace stoker
