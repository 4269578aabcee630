#include "trainer/predict_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/image/image_codec.h"
#include "libdata/volume/tiff_stack.h"
#include "libdata/volume/volume_fields.h"
#include "trainer/device_feed.h"
#include "trainer/metrics/segmentation_scores.h"
#include "trainer/segmentation_network.h"
#include "trainer/volume_panel.h"
#include "trainer/volume_predictor.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

constexpr int64_t kPanelSlices = 3;

// All that is known of one volume.
struct PredictedVolume {
  std::string name;
  VolumeInput input;
  std::vector<uint8_t> labels;  // empty where the data set has none
  std::vector<float> probabilities;
  std::vector<uint8_t> mask;
};

// A view of one channel: two standard deviations each side of the mean, from black to white.
SliceView channel_view(const PredictedVolume& volume, int64_t channel) {
  return [&volume, channel](int64_t z) {
    const VolumeInput& input = volume.input;
    const torch::Tensor slice = input.voxels.select(0, channel).select(0, z).to(torch::kFloat32);
    const torch::Tensor scaled = (slice - slice.mean()) / (4.0 * slice.std() + 1e-6) + 0.5;
    const torch::Tensor gray = scaled.mul(255.0).clamp(0.0, 255.0).to(torch::kUInt8).contiguous();
    const auto* data = gray.data_ptr<uint8_t>();
    return Bytes(data, data + gray.numel());
  };
}

template <typename Voxel, typename ToGray>
SliceView voxel_view(const std::vector<Voxel>& voxels, const Zyx& size_zyx, ToGray to_gray) {
  return [&voxels, size_zyx, to_gray](int64_t z) {
    const int64_t slice = size_zyx[1] * size_zyx[2];
    Bytes gray(static_cast<size_t>(slice));
    for (int64_t i = 0; i < slice; ++i)
      gray[static_cast<size_t>(i)] =
          static_cast<uint8_t>(to_gray(voxels[static_cast<size_t>(z * slice + i)]));
    return gray;
  };
}

// Image, label where there is one (white: surface, gray: ignored), the other channels, the
// probability, the mask.
void write_panel(const PredictedVolume& volume, const fs::path& path) {
  const Zyx& size = volume.input.size_zyx;
  std::vector<SliceView> views{channel_view(volume, 0)};
  if (!volume.labels.empty()) {
    views.push_back(voxel_view(volume.labels, size, [](uint8_t label) {
      return label == kSurfaceLabel ? 255 : label == kIgnoreLabel ? 96 : 0;
    }));
  }
  // The image is channel 0 itself: shown again, so that the six stand together.
  for (int64_t c = 0; c < volume.input.voxels.size(0); ++c)
    views.push_back(channel_view(volume, c));
  views.push_back(voxel_view(volume.probabilities, size, [](float p) { return p * 255.0f; }));
  views.push_back(voxel_view(volume.mask, size, [](uint8_t inside) { return inside * 255; }));
  const Bytes png = encode_png(draw_panel(size, views, spread_slices(size[0], kPanelSlices)));
  write_file_atomically(path, png);
}

class Prediction {
 public:
  Prediction(const PredictRunOptions& options, const CommonOptions& common)
      : options_(options),
        quiet_(common.quiet),
        device_(choose_device(options.device)),
        network_(load_segmentation_network(options.checkpoint)),
        dataset_(options.input),
        split_(choose_split()),
        threshold_(options.threshold < 0.0 ? network_.threshold : options.threshold) {
    move_to_device(*network_.model, device_);
    // Weights trained on features that were stored serve for images too: the features are the same.
    if (network_.input == PatchInput::kStoredFeatures && dataset_.schema().find(kImageField)) {
      network_.input = PatchInput::kComputedFeatures;
    } else if (network_.input == PatchInput::kComputedFeatures &&
               !dataset_.schema().find(kImageField)) {
      network_.input = PatchInput::kStoredFeatures;
    }
  }

  int run();

 private:
  const PackedSplit& choose_split() const {
    if (!options_.split.empty()) return dataset_.split(options_.split);
    const PackedSplit* val = dataset_.find_split("val");
    return val != nullptr && val->sample_count() > 0 ? *val : dataset_.split("");
  }
  fs::path mask_path(uint64_t sample) const;
  void check_output() const;
  PredictedVolume predict(uint64_t sample);
  nlohmann::json report(const PredictedVolume& volume);

  const PredictRunOptions& options_;
  const bool quiet_;
  const torch::Device device_;
  SegmentationNetwork network_;
  const PackedDataset dataset_;
  const PackedSplit& split_;
  const double threshold_;
};

fs::path Prediction::mask_path(uint64_t sample) const {
  std::string name(split_.sample_name(sample));
  std::replace(name.begin(), name.end(), '/', '_');  // a name never leads out of the folder
  return fs::path(options_.output) / (name + ".tif");
}

// All of them before the first hour of work, not after.
void Prediction::check_output() const {
  for (uint64_t sample = 0; !options_.force && sample < split_.sample_count(); ++sample) {
    if (!fs::exists(mask_path(sample))) continue;
    throw Error(ErrorCode::kInvalidArgument, "exists already; --force replaces it",
                mask_path(sample).string());
  }
}

PredictedVolume Prediction::predict(uint64_t sample) {
  PredictedVolume volume;
  volume.name = split_.sample_name(sample);
  volume.input =
      read_volume_input(split_, dataset_.schema(), sample, network_.input, network_.standardize);
  if (dataset_.schema().find(kLabelField)) {
    volume.labels = read_labels(split_, dataset_.schema(), sample);
  }
  const PredictOptions predict{options_.window == 0 ? network_.window : options_.window,
                               options_.overlap, options_.batch_size, options_.flips};
  Progress progress(volume.name, "windows", 0, quiet_);
  volume.probabilities = predict_surface(*network_.model, volume.input, predict, device_,
                                         [&](uint64_t windows) { progress.add(windows, 0); });
  volume.mask = threshold_mask(volume.probabilities, threshold_);
  return volume;
}

nlohmann::json Prediction::report(const PredictedVolume& volume) {
  uint64_t surface = 0;
  for (const uint8_t inside : volume.mask)
    surface += inside;
  nlohmann::json entry{{"name", volume.name}, {"surface_voxels", surface}};
  std::string line = fmt::format("{}  surface voxels {}", volume.name, surface);
  if (!volume.labels.empty()) {
    const SegmentationScores scores =
        score_segmentation(volume.input.size_zyx, volume.labels, volume.mask);
    entry["dice"] = scores.dice;
    entry["surface_dice"] = scores.surface_dice;
    entry["voi_score"] = scores.voi_score;
    line += fmt::format("  dice {:.4f}  surface dice {:.4f}  voi score {:.4f}", scores.dice,
                        scores.surface_dice, scores.voi_score);
  }
  fmt::print("{}\n", line);
  return entry;
}

int Prediction::run() {
  fs::create_directories(options_.output);
  check_output();
  nlohmann::json volumes = nlohmann::json::array();
  for (uint64_t sample = 0; sample < split_.sample_count(); ++sample) {
    const PredictedVolume volume = predict(sample);
    write_tiff_stack(mask_path(sample), volume.input.size_zyx, volume.mask);
    volumes.push_back(report(volume));
    if (sample == 0 && !options_.panel.empty()) write_panel(volume, options_.panel);
  }
  if (!options_.json.empty()) {
    const nlohmann::json document{{"checkpoint", options_.checkpoint},
                                  {"input", options_.input},
                                  {"split", split_.name()},
                                  {"threshold", threshold_},
                                  {"volumes", volumes}};
    write_file_atomically(options_.json, document.dump(2) + "\n");
  }
  return kExitDone;
}

}  // namespace

void declare_predict_options(CLI::App& app, PredictRunOptions& options) {
  begin_options(app, "Prediction");
  app.add_option("--checkpoint", options.checkpoint,
                 "Weights (safetensors), or the output folder of a training run")
      ->required();
  app.add_option("--input", options.input,
                 "Packed volumes (folder); pack-volumes packs TIFFs, also without labels")
      ->required();
  app.add_option("--split", options.split, "Split to segment; default: val, else the only one");
  app.add_option("--output", options.output, "Folder for the masks, ID.tif of 0 and 1")->required();
  app.add_option("--device", options.device, "auto, cpu, cuda or cuda:N");
  app.add_option("--window", options.window, "Side of the sliding window in voxels; 0: as trained")
      ->check(CLI::Range(0, 16384));
  app.add_option("--overlap", options.overlap, "Of neighbouring windows, as a share of their side")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option("--batch-size", options.batch_size, "Windows at once")
      ->check(CLI::Range(1, 1 << 16));
  app.add_flag("--flips,!--no-flips", options.flips,
               "The mean over eight mirror images of each window (default), or not");
  app.add_option("--threshold", options.threshold,
                 "Probability above which a voxel is surface; default: as trained")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--panel", options.panel,
                 "PNG of the first volume: image, label, channels, probability and mask");
  app.add_option("--json", options.json, "Report (file)");
  app.add_flag("--force", options.force, "Replace masks that are there");
}

int run_prediction(const PredictRunOptions& options, const CommonOptions& common) {
  at::set_num_threads(thread_count());
  try {
    return Prediction(options, common).run();
  } catch (const c10::Error& error) {
    throw Error(ErrorCode::kInternal, std::string("LibTorch: ") + error.what_without_backtrace());
  }
}

}  // namespace stoker
