#include "trainer/options/resize_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "libdata/core/error.h"
#include "trainer/options/train_options.h"

namespace stoker {
namespace {

constexpr int64_t kLargestCrop = 16384;
constexpr int64_t kLargestBatch = 1 << 20;

[[noreturn]] void refuse(const std::string& spec, const std::string& reason) {
  throw Error(ErrorCode::kInvalidArgument, "--progressive-resize '" + spec + "': " + reason);
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest == text.data() + text.size();
}

// "160x4096@20", or without the batch size.
bool parse_phase(std::string_view text, CropPhase& phase) {
  const size_t at = text.find('@');
  if (at == text.npos || !parse_number(text.substr(at + 1), phase.first_epoch)) return false;
  std::string_view side = text.substr(0, at);
  if (const size_t times = side.find('x'); times != side.npos) {
    if (!parse_number(side.substr(times + 1), phase.batch_size)) return false;
    side = side.substr(0, times);
  }
  return parse_number(side, phase.crop) && phase.crop >= 1 && phase.crop <= kLargestCrop &&
         phase.batch_size >= 1 && phase.batch_size <= kLargestBatch;
}

std::vector<CropPhase> ramp(int64_t crop, int64_t batch_size, int64_t epochs) {
  constexpr double kFirstShare = 0.57;
  constexpr double kRampBegins = 0.35;
  constexpr double kRampEnds = 0.81;
  constexpr int64_t kMultiple = 32;
  std::vector<CropPhase> phases;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    const double done = static_cast<double>(epoch) / static_cast<double>(epochs);
    const double height = std::clamp((done - kRampBegins) / (kRampEnds - kRampBegins), 0.0, 1.0);
    const double side = static_cast<double>(crop) * (kFirstShare + (1.0 - kFirstShare) * height);
    const auto rounded =
        static_cast<int64_t>(std::lround(side / static_cast<double>(kMultiple))) * kMultiple;
    const int64_t now = height == 1.0 ? crop : std::clamp(rounded, std::min(kMultiple, crop), crop);
    if (phases.empty() || phases.back().crop != now)
      phases.push_back({static_cast<uint64_t>(epoch), now, batch_size});
    if (now == crop) break;
  }
  return phases;
}

}  // namespace

void declare_resize_options(CLI::App& app, std::string& spec) {
  app.add_option("--progressive-resize", spec,
                 "Train on small crops first: 160@0,192@20,224@40 is 160 pixels from epoch 0, 192 "
                 "from 20, 224 from 40, in batches of --batch-size, or of their own: "
                 "160x4096@0,192x3072@20 (the learning rate stays that of the schedule); without a "
                 "value from 0.57 of --crop to --crop between 35 and 81 % of the epochs, in "
                 "multiples of 32")
      ->expected(0, 1)
      ->default_str("auto");
}

std::vector<CropPhase> parse_crop_phases(const std::string& spec, int64_t crop, int64_t batch_size,
                                         int64_t epochs) {
  if (spec == "auto") {
    std::vector<CropPhase> phases = ramp(crop, batch_size, epochs);
    if (phases.size() < 2)
      refuse(spec, "a --crop of " + std::to_string(crop) + " and " + std::to_string(epochs) +
                       " epochs leave nothing to grow; name the phases");
    return phases;
  }
  std::vector<CropPhase> phases;
  for (size_t begin = 0; begin <= spec.size();) {
    const size_t end = std::min(spec.find(',', begin), spec.size());
    const std::string_view part = std::string_view(spec).substr(begin, end - begin);
    CropPhase phase{0, 0, batch_size};
    if (!parse_phase(part, phase)) {
      refuse(spec,
             "expected phases such as 160@0,192@20 (side@epoch) or 160x4096@0,192x3072@20 "
             "(side x batch size@epoch)");
    }
    if (phases.empty() ? phase.first_epoch != 0 : phase.first_epoch <= phases.back().first_epoch)
      refuse(spec, "expected phases from epoch 0, each later than the one before");
    phases.push_back(phase);
    begin = end + 1;
  }
  return phases;
}

std::vector<CropPhase> crop_phases(const TrainOptions& options) {
  const DataOptions& data = options.data;
  if (data.progressive_resize.empty() || options.trial.overfit_batches > 0)
    return {{0, data.crop, data.batch_size}};
  std::vector<CropPhase> phases =
      parse_crop_phases(data.progressive_resize, data.crop, data.batch_size, options.run.epochs);
  const auto epochs = static_cast<uint64_t>(options.run.epochs);
  std::erase_if(phases, [epochs](const CropPhase& phase) {
    return phase.first_epoch > 0 && phase.first_epoch >= epochs;
  });
  return phases;
}

const CropPhase& phase_of(const std::vector<CropPhase>& phases, uint64_t epoch) {
  const CropPhase* found = &phases.front();
  for (const CropPhase& phase : phases) {
    if (phase.first_epoch <= epoch) found = &phase;
  }
  return *found;
}

const CropPhase& largest_phase(const std::vector<CropPhase>& phases) {
  const auto pixels = [](const CropPhase& phase) {
    return phase.crop * phase.crop * phase.batch_size;
  };
  return *std::max_element(
      phases.begin(), phases.end(),
      [&](const CropPhase& a, const CropPhase& b) { return pixels(a) < pixels(b); });
}

}  // namespace stoker
