#include "trainer/predict/predict_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <optional>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/folder_lock.h"
#include "libdata/core/parallel.h"
#include "libdata/core/progress.h"
#include "libdata/core/units.h"
#include "libdata/volume/tiff_stack.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/predict/predict_names.h"
#include "trainer/predict/predict_output.h"
#include "trainer/predict/predict_panel.h"
#include "trainer/predict/predict_report.h"
#include "trainer/predict/predict_source.h"
#include "trainer/predict/predict_state.h"
#include "trainer/predict/volume_predictor.h"
#include "trainer/run/address_space.h"
#include "trainer/tensors/device.h"
#include "trainer/tensors/torch_errors.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

// All that is known of one volume.
struct PredictedVolume {
  SourceVolume source;
  std::vector<float> probabilities;
  std::vector<uint8_t> mask;
  VolumeReport report;
};

bool has_something_to_score(const std::vector<uint8_t>& labels) {
  return std::any_of(labels.begin(), labels.end(),
                     [](uint8_t label) { return label != kIgnoreLabel; });
}

// NaN is above no threshold, and would pass for "no surface".
void require_numbers(const std::vector<float>& probabilities) {
  if (std::none_of(probabilities.begin(), probabilities.end(),
                   [](float p) { return std::isnan(p); })) {
    return;
  }
  throw Error(ErrorCode::kCorrupt, "the network gives NaN for this volume");
}

// Where an argument of ours was refused it was the volume's: the command line was checked before.
Error about_volume(const Error& error, const std::string& name) {
  const ErrorCode code =
      error.code() == ErrorCode::kInvalidArgument ? ErrorCode::kUnsupported : error.code();
  return Error(code, error.message(), error.path(), error.offset_bytes()).at(shown_name(name));
}

// The first convolution, at which LibTorch and what lies beneath it take threads and memory.
void start_convolutions() {
  const torch::NoGradGuard no_grad;
  torch::conv3d(torch::zeros({1, 32, 8, 8, 8}), torch::zeros({32, 32, 3, 3, 3}));
}

class Prediction {
 public:
  Prediction(const PredictRunOptions& options, const CommonOptions& common)
      : options_(options),
        quiet_(common.quiet),
        device_(choose_device(options.device)),
        network_(load_segmentation_network(options.checkpoint)),
        source_(options.input, options.split),
        mask_files_(mask_file_names(source_.names())),
        threshold_(options.threshold < 0.0 ? network_.threshold : options.threshold),
        window_(options.window == 0 ? network_.window : options.window) {
    network_.input = source_.fit_input(network_.input);
    move_to_device(*network_.model, device_);
  }

  int run();

 private:
  fs::path mask_path(uint64_t volume) const {
    return fs::path(options_.output) / mask_files_[volume];
  }
  MaskOrigin origin_of(uint64_t volume) const;
  void refuse_masks_that_exist() const;
  bool keep_mask(uint64_t volume, const MaskOrigin& origin);
  PredictedVolume predict(uint64_t volume);
  void publish(const PredictedVolume& predicted, const MaskOrigin& origin);
  void leave_out(uint64_t volume, const Error& error);
  void take(uint64_t volume);
  void finish();

  const PredictRunOptions& options_;
  const bool quiet_;
  const torch::Device device_;
  SegmentationNetwork network_;
  const PredictSource source_;
  const std::vector<std::string> mask_files_;
  const double threshold_;
  const int64_t window_;
  std::optional<PredictState> state_;
  PredictReport report_;
  bool panel_drawn_ = false;
  uint64_t kept_ = 0;
  std::map<std::string, uint64_t> made_again_;  // reasons
  ErrorCode worst_ = ErrorCode::kIo;            // of volumes left out
};

MaskOrigin Prediction::origin_of(uint64_t volume) const {
  return {to_hex(network_.file_hash),
          to_hex(xxh3_64(as_bytes(mask_options(options_, window_, threshold_)))),
          source_.hash(volume, network_.input)};
}

// All of them before the first hour of work, not after.
void Prediction::refuse_masks_that_exist() const {
  for (uint64_t volume = 0; volume < mask_files_.size(); ++volume) {
    if (!fs::exists(mask_path(volume))) continue;
    throw Error(ErrorCode::kInvalidArgument,
                "exists already; --resume keeps the masks that were made the same way, --force "
                "replaces all",
                mask_path(volume).string());
  }
}

// With --resume: takes the mask of an earlier run for the volume's, if it is just that.
bool Prediction::keep_mask(uint64_t volume, const MaskOrigin& origin) {
  if (!options_.resume) return false;
  std::string why;
  const std::optional<MaskRecord> record =
      state_->find_whole(mask_files_[volume], source_.names()[volume], origin, why);
  if (!record) {
    if (fs::exists(mask_path(volume))) ++made_again_[why];
    return false;
  }
  if (!options_.panel.empty() && !panel_drawn_) {
    if (record->panel.empty() || !fs::exists(options_.panel) ||
        hash_file(options_.panel) != record->panel) {
      ++made_again_["its panel is not there"];
      return false;
    }
    panel_drawn_ = true;
  }
  ++kept_;
  report_.volumes.push_back(record->report);
  return true;
}

PredictedVolume Prediction::predict(uint64_t volume) {
  PredictedVolume predicted;
  predicted.source =
      source_.read(volume, network_.input, network_.standardize, options_.check_hashes);
  const VolumeInput& input = predicted.source.input;
  check_tiff_stack_size(input.size_zyx);
  Progress progress(shown_name(source_.names()[volume]), "windows", 0, quiet_);
  predicted.probabilities = predict_surface(
      *network_.model, input, {window_, options_.overlap, options_.batch_size, options_.flips},
      device_, [&](uint64_t windows) { progress.add(windows, 0); });
  require_numbers(predicted.probabilities);
  predicted.mask = threshold_mask(predicted.probabilities, threshold_);

  VolumeReport& report = predicted.report;
  report.name = source_.names()[volume];
  report.mask_file = mask_files_[volume];
  for (const uint8_t inside : predicted.mask)
    report.surface_voxels += inside;
  const std::vector<uint8_t>& labels = predicted.source.labels;
  report.has_labels = !labels.empty();
  if (has_something_to_score(labels)) {
    report.scores = score_segmentation(input.size_zyx, labels, predicted.mask);
  }
  return predicted;
}

void Prediction::publish(const PredictedVolume& predicted, const MaskOrigin& origin) {
  const fs::path path = fs::path(options_.output) / predicted.report.mask_file;
  write_tiff_stack(path, predicted.source.input.size_zyx, predicted.mask);
  MaskRecord record{origin, hash_file(path), "", predicted.report};
  if (!options_.panel.empty() && !panel_drawn_) {
    write_file_atomically(
        options_.panel, draw_prediction(predicted.source, predicted.probabilities, predicted.mask));
    record.panel = hash_file(options_.panel);
    panel_drawn_ = true;
  }
  state_->record(record);
  state_->save();
  report_.volumes.push_back(predicted.report);
}

// The boundary of one volume: whatever is wrong with it, the others are made.
void Prediction::leave_out(uint64_t volume, const Error& error) {
  const std::string& name = source_.names()[volume];
  spdlog::warn("{}: left out: {}", shown_name(name), shown_name(error.what()));
  if (fs::exists(mask_path(volume))) {
    spdlog::warn("{}: is of an earlier run", shown_name(mask_path(volume).string()));
  }
  report_.left_out.push_back({name, error.what()});
  if (error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported) {
    worst_ = ErrorCode::kCorrupt;
  }
}

void Prediction::take(uint64_t volume) {
  std::optional<PredictedVolume> predicted;
  MaskOrigin origin;
  try {
    with_our_errors([&] {
      origin = origin_of(volume);
      if (!keep_mask(volume, origin)) predicted = predict(volume);
    });
  } catch (const Error& error) {
    const Error placed = about_volume(error, source_.names()[volume]);
    if (options_.on_error == OnError::kStop) throw placed;
    leave_out(volume, placed);
    return;
  }
  if (predicted) publish(*predicted, origin);
  fmt::print("{}\n", report_line(report_.volumes.back()));
}

void Prediction::finish() {
  if (const auto mean = mean_scores(report_.volumes); mean && mean->volumes > 1) {
    fmt::print("{}\n", mean_line(*mean));
  }
  if (kept_ > 0) spdlog::info("{} kept from an earlier run", counted(kept_, "volume"));
  for (const auto& [reason, count] : made_again_)
    spdlog::info("{} segmented again: {}", counted(count, "volume"), reason);
  if (!options_.json.empty()) write_file_atomically(options_.json, encode_report(report_));
  if (report_.volumes.empty()) {
    throw Error(
        worst_,
        fmt::format("no mask was made: {} left out", counted(report_.left_out.size(), "volume")),
        options_.output);
  }
  std::string summary = fmt::format("{} segmented", counted(report_.volumes.size(), "volume"));
  if (!report_.left_out.empty()) {
    summary += fmt::format(", {} left out", counted(report_.left_out.size(), "volume"));
  }
  fmt::print("{}\n", summary);
}

int Prediction::run() {
  source_.refuse_output(options_.output, mask_files_);
  make_output_folder(options_.output);
  for (const std::string& file : {options_.json, options_.panel}) {
    if (!file.empty()) check_can_write(file);
  }
  const FolderLock lock(options_.output, "predict");
  if (!options_.force && !options_.resume) refuse_masks_that_exist();
  remove_half_written(options_.output, mask_files_);
  state_.emplace(options_.output);
  if (!options_.resume) {
    for (const std::string& file : mask_files_)
      state_->forget(file);
  }
  state_->save();
  report_ = {options_.checkpoint,
             to_hex(network_.file_hash),
             options_.input,
             source_.split_name(),
             threshold_,
             {},
             {}};
  for (uint64_t volume = 0; volume < mask_files_.size(); ++volume)
    take(volume);
  finish();
  return kExitDone;
}

}  // namespace

int run_prediction(const PredictRunOptions& options, const CommonOptions& common) {
  check_predict_options(options);
  check_address_space(thread_count());
  int code = kExitDone;
  with_our_errors([&] {
    at::set_num_threads(thread_count());
    start_convolutions();  // before anything asks for stop signals: the first ends a hang (stop.h)
    code = Prediction(options, common).run();
  });
  return code;
}

}  // namespace stoker
