// Checkpoints: everything a run needs to go on as if it had never stopped.
//
// A checkpoint is a folder OUTPUT/checkpoints/epoch-EEEEE-step-SSSSSSSS/ with model.safetensors,
// training.safetensors (optimiser, random state, averaged weights) and state.json, which holds the
// counters and the sizes and hashes of the other two. It is written under a temporary name, synced
// and renamed, so that the name stands for a whole checkpoint (checkpoint_folder.h); the hashes
// find later damage. One thread. Errors: Io, and those named below.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "trainer/optim/optimizer.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/run/train_state.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

// What a checkpoint saves and restores, beside TrainState.
struct CheckpointParts {
  const torch::nn::Module& model;
  const Optimizer& optimizer;
  std::map<std::string, std::string> model_metadata;
  NamedTensors more = {};  // for training.safetensors: the average of the weights ("ema.NAME")
};

// Writes the checkpoint of `state`, then removes all but the newest `keep_last`. Where it cannot be
// written, nothing of it is left and the others stay.
void save_checkpoint(const std::filesystem::path& output_dir, const TrainState& state,
                     const CheckpointParts& parts, int64_t keep_last);

// Moves the checkpoint that was saved at `saved` to `state`. Precondition: of what the tensors and
// the random generator are, nothing has changed since.
void advance_checkpoint(const std::filesystem::path& output_dir, const CheckpointPosition& saved,
                        const TrainState& state);

// Restores the newest whole checkpoint; nullopt where there is none at all. Those that are damaged
// (a value that is not finite is damage) are reported, the one before is taken, and once that is
// loaded they are set aside; Corrupt when all are damaged, and then nothing is renamed.
// InvalidArgument when the checkpoint is of a run with other options or data.
std::optional<TrainState> load_newest_checkpoint(const std::filesystem::path& output_dir,
                                                 const CheckpointParts& parts,
                                                 const OptionList& options,
                                                 const std::string& data_fingerprint);

CheckpointPosition position_of(const TrainState& state);

}  // namespace stoker
