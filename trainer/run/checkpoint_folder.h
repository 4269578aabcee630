// The folder OUTPUT/checkpoints: what in it is a checkpoint, which is the newest, what may go.
//
// A checkpoint is a folder epoch-EEEEE-step-SSSSSSSS (more digits where the numbers need them).
// NAME.tmp is one being written, NAME.removed one on its way out, NAME.damaged one that did not
// load. Whatever else lies there is somebody else's: never read, counted, renamed or deleted; nor
// are strange files within a checkpoint.
// Thread-safety: one thread, of the process that holds the run's lock. Errors: Io, NotFound.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

// The files of a checkpoint.
inline constexpr const char* kModelFile = "model.safetensors";
inline constexpr const char* kTrainingFile = "training.safetensors";
inline constexpr const char* kStateFile = "state.json";
// All that may be in one.
inline constexpr std::array kPartFiles = {kModelFile, kTrainingFile, "ema.safetensors",
                                          "scaler.safetensors"};

// Where a run stood: epochs done, and steps done of the one after those.
struct CheckpointPosition {
  uint64_t epoch = 0;
  uint64_t step_in_epoch = 0;
  auto operator<=>(const CheckpointPosition&) const = default;
};

std::string checkpoint_name(const CheckpointPosition& position);
// Exactly what checkpoint_name writes; nullopt for any other name.
std::optional<CheckpointPosition> parse_checkpoint_name(std::string_view name);

struct FoundCheckpoint {
  CheckpointPosition position;
  std::filesystem::path path;
};

std::filesystem::path checkpoints_folder(const std::filesystem::path& output_dir);
// Oldest first, by number.
std::vector<FoundCheckpoint> list_checkpoints(const std::filesystem::path& output_dir);

// A checkpoint being written, in NAME.tmp. Unless it is published, the destructor removes it.
class CheckpointDraft {
 public:
  CheckpointDraft(const std::filesystem::path& output_dir, const CheckpointPosition& position);
  ~CheckpointDraft();
  CheckpointDraft(const CheckpointDraft&) = delete;
  CheckpointDraft& operator=(const CheckpointDraft&) = delete;

  const std::filesystem::path& folder() const { return temporary_; }
  // Gives it its name, in place of one of that name: that one equals it, or did not load.
  void publish();

 private:
  std::filesystem::path final_;
  std::filesystem::path temporary_;
  bool published_ = false;
};

// The same checkpoint under the name of a later position; its state.json says that already.
void rename_checkpoint(const std::filesystem::path& output_dir, const CheckpointPosition& from,
                       const CheckpointPosition& to);
// Removes the oldest until `keep_last` are left; never `newest`, nor the folder `in_use`.
void prune_checkpoints(const std::filesystem::path& output_dir, int64_t keep_last,
                       const CheckpointPosition& newest,
                       const std::optional<std::filesystem::path>& in_use = std::nullopt);
// Out of the way of the good ones: NAME becomes NAME.damaged, and stays.
void set_aside_damaged(const std::filesystem::path& checkpoint);

// What a killed run left half written or half removed.
void remove_checkpoint_leftovers(const std::filesystem::path& output_dir);
// Every checkpoint, the damaged ones and leftovers too; then the folder, if nothing else is in it.
void remove_all_checkpoints(const std::filesystem::path& output_dir);

}  // namespace stoker
