// What `predict` says of each volume, and of all of them together: the lines on stdout and the file
// of --json.
//
// Plain values and pure functions. A volume has scores only where it has labels of which some are
// not ignored; means are over the volumes that have scores, and there is no score where there was
// nothing to score.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "trainer/metrics/segmentation_scores.h"

namespace stoker {

struct VolumeReport {
  std::string name;       // as the source has it, any bytes
  std::string mask_file;  // in the output folder
  uint64_t surface_voxels = 0;
  bool has_labels = false;
  std::optional<SegmentationScores> scores;  // none without labels, or where all are ignored
};

struct LeftOutVolume {
  std::string name;
  std::string reason;
};

struct PredictReport {
  std::string checkpoint;
  std::string network_hash;
  std::string input;
  std::string split;  // empty: the input has none
  double threshold = 0.5;
  std::vector<VolumeReport> volumes;
  std::vector<LeftOutVolume> left_out;
};

// None where no volume has scores.
struct MeanScores {
  SegmentationScores scores;
  uint64_t volumes = 0;
};
std::optional<MeanScores> mean_scores(const std::vector<VolumeReport>& volumes);

std::string report_line(const VolumeReport& volume);
std::string mean_line(const MeanScores& mean);
std::string encode_report(const PredictReport& report);  // JSON

// One volume's entry, there and back.
nlohmann::json encode_volume(const VolumeReport& volume);
VolumeReport decode_volume(const nlohmann::json& entry, std::string name, std::string mask_file);

}  // namespace stoker
