#include "trainer/predict/predict_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "trainer/predict/predict_names.h"

namespace stoker {
namespace {

using nlohmann::json;

void put_scores(json& entry, const SegmentationScores& scores) {
  entry["dice"] = scores.dice;
  entry["surface_dice"] = scores.surface_dice;
  entry["voi_score"] = scores.voi_score;
}

std::string scores_text(const SegmentationScores& scores) {
  return fmt::format("dice {:.4f}  surface dice {:.4f}  voi score {:.4f}", scores.dice,
                     scores.surface_dice, scores.voi_score);
}

}  // namespace

std::optional<MeanScores> mean_scores(const std::vector<VolumeReport>& volumes) {
  MeanScores mean;
  for (const VolumeReport& volume : volumes) {
    if (!volume.scores) continue;
    ++mean.volumes;
    mean.scores.dice += volume.scores->dice;
    mean.scores.surface_dice += volume.scores->surface_dice;
    mean.scores.voi_score += volume.scores->voi_score;
  }
  if (mean.volumes == 0) return std::nullopt;
  const auto count = static_cast<double>(mean.volumes);
  mean.scores.dice /= count;
  mean.scores.surface_dice /= count;
  mean.scores.voi_score /= count;
  return mean;
}

std::string report_line(const VolumeReport& volume) {
  std::string line =
      fmt::format("{}  surface voxels {}", shown_name(volume.name), volume.surface_voxels);
  if (volume.scores) {
    line += "  " + scores_text(*volume.scores);
  } else if (volume.has_labels) {
    line += "  nothing to score: all its labels are ignored";
  }
  return line;
}

std::string mean_line(const MeanScores& mean) {
  return fmt::format("mean of {}  {}", mean.volumes, scores_text(mean.scores));
}

json encode_volume(const VolumeReport& volume) {
  json entry{{"name", shown_name(volume.name)},
             {"mask", shown_name(volume.mask_file)},
             {"surface_voxels", volume.surface_voxels}};
  if (volume.scores) put_scores(entry, *volume.scores);
  if (volume.has_labels && !volume.scores) entry["nothing_to_score"] = true;
  return entry;
}

VolumeReport decode_volume(const json& entry, std::string name, std::string mask_file) {
  VolumeReport volume;
  volume.name = std::move(name);
  volume.mask_file = std::move(mask_file);
  volume.surface_voxels = entry.at("surface_voxels").get<uint64_t>();
  volume.has_labels = entry.contains("nothing_to_score") || entry.contains("dice");
  if (entry.contains("dice")) {
    volume.scores = {entry.at("dice").get<double>(), entry.at("surface_dice").get<double>(),
                     entry.at("voi_score").get<double>()};
  }
  return volume;
}

std::string encode_report(const PredictReport& report) {
  json document{{"checkpoint", shown_name(report.checkpoint)},
                {"network_xxh3_128", report.network_hash},
                {"input", shown_name(report.input)},
                {"threshold", report.threshold},
                {"volumes", json::array()},
                {"left_out", json::array()}};
  if (!report.split.empty()) document["split"] = shown_name(report.split);
  for (const VolumeReport& volume : report.volumes)
    document["volumes"].push_back(encode_volume(volume));
  for (const LeftOutVolume& volume : report.left_out) {
    document["left_out"].push_back(
        {{"name", shown_name(volume.name)}, {"reason", shown_name(volume.reason)}});
  }
  if (const auto mean = mean_scores(report.volumes)) {
    document["mean"]["volumes"] = mean->volumes;
    put_scores(document["mean"], mean->scores);
  }
  return document.dump(2) + "\n";
}

}  // namespace stoker
