// Which masks of an output folder are done, and what they were made from: what `predict --resume`
// trusts.
//
// OUTPUT/predict_state.json has an entry a mask: hashes of network, options, source and of the mask
// itself, and the volume's report. It is replaced as a whole after each mask, so that a killed run
// leaves a mask that is recorded and whole, or one that is made again. One thread. Ownership:
// values. Errors: Io. A state file that is damaged counts as none: everything is made again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "trainer/predict/predict_report.h"

namespace stoker {

// Hashes, as hex, of all that a mask depends on.
struct MaskOrigin {
  std::string network;
  std::string options;
  std::string source;
};

struct MaskRecord {
  MaskOrigin origin;
  std::string mask;   // hash of the file
  std::string panel;  // hash of the picture made with it; empty: none
  VolumeReport report;
};

class PredictState {
 public:
  explicit PredictState(const std::filesystem::path& folder);

  // The record of a mask that need not be made again; otherwise nothing, and `why` says what is
  // different ("made by other weights").
  std::optional<MaskRecord> find_whole(const std::string& mask_file, const std::string& name,
                                       const MaskOrigin& origin, std::string& why) const;
  void forget(const std::string& mask_file);
  void record(const MaskRecord& record);
  void save() const;

 private:
  struct Entry {
    MaskOrigin origin;
    std::string mask;
    std::string panel;
    std::string report;  // JSON
  };
  std::filesystem::path folder_;
  std::map<std::string, Entry> entries_;  // by the shown name of the mask's file
};

// 32 hex digits of a file's bytes.
std::string hash_file(const std::filesystem::path& path);

}  // namespace stoker
