// Checkpoints: everything a run needs to go on as if it had never stopped.
//
// A checkpoint is a folder ROOT/checkpoints/epoch-EEEEE-step-SSSSSSSS/ with model.safetensors,
// training.safetensors (optimiser, random state), perhaps others, and state.json, which holds the
// counters and the sizes and hashes of the others. It is written under a temporary name, synced and
// renamed, so that the name stands for a whole checkpoint (checkpoint_folder.h); the hashes find
// later damage. One thread, but for what is said below. Errors: Io, and those named below.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trainer/optim/optimizer.h"
#include "trainer/run/checkpoint_folder.h"
#include "trainer/run/train_state.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {

// What a checkpoint saves and restores, beside TrainState: each part is a file NAME.safetensors.
// The tensors share storage with what they are of.
struct CheckpointPart {
  std::string name;
  NamedTensors tensors;
  std::map<std::string, std::string> metadata = {};
};
using CheckpointParts = std::vector<CheckpointPart>;

inline constexpr const char* kModelPart = "model";
inline constexpr const char* kTrainingPart = "training";  // the random state is added to it

// The two that every run has. A part more is one of kPartFiles (checkpoint_folder.h) more.
CheckpointParts checkpoint_parts(const torch::nn::Module& model,
                                 const std::map<std::string, std::string>& model_metadata,
                                 const Optimizer& optimizer);

// The same tensors as copies of their own in the host's memory, in C order.
NamedTensors copy_on_host(const NamedTensors& tensors);

// A checkpoint in the host's memory: of a moment, whatever becomes of the network then.
struct CheckpointSnapshot {
  TrainState state;
  CheckpointParts parts;  // copies, the random state among them
};
CheckpointSnapshot take_snapshot(const TrainState& state, const CheckpointParts& parts);

// Writes a checkpoint, then removes all but the newest `keep_last` and the folder `in_use`. Where
// it cannot be written, nothing of it is left and the others stay. From any thread, one at a time.
void write_checkpoint(const std::filesystem::path& root, const CheckpointSnapshot& snapshot,
                      int64_t keep_last,
                      const std::optional<std::filesystem::path>& in_use = std::nullopt);

// Moves the checkpoint that was saved at `saved` to `state`. Precondition: of what the tensors and
// the random generator are, nothing has changed since.
void advance_checkpoint(const std::filesystem::path& root, const CheckpointPosition& saved,
                        const TrainState& state);

// Restores the newest whole checkpoint; nullopt where there is none at all. Those that are damaged
// (a value that is not finite is damage) are reported, the one before is taken, and once that is
// loaded they are set aside; Corrupt when all are damaged, and then nothing is renamed.
// InvalidArgument when the checkpoint is of a run with other options or data.
std::optional<TrainState> load_newest_checkpoint(const std::filesystem::path& root,
                                                 const CheckpointParts& parts,
                                                 const OptionList& options,
                                                 const std::string& data_fingerprint);

// Restores this one, whichever run it is of, and leaves it as it is. Errors as above; Corrupt and
// NotFound where it is damaged.
TrainState load_checkpoint(const std::filesystem::path& folder, const CheckpointParts& parts,
                           const OptionList& options, const std::string& data_fingerprint);

CheckpointPosition position_of(const TrainState& state);

}  // namespace stoker
