#include "trainer/options/resize_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr int64_t kLargestCrop = 16384;

[[noreturn]] void refuse(const std::string& spec, const std::string& reason) {
  throw Error(ErrorCode::kInvalidArgument, "--progressive-resize '" + spec + "': " + reason);
}

template <typename Number>
bool parse_number(std::string_view text, Number& number) {
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && rest == text.data() + text.size();
}

std::vector<CropPhase> ramp(int64_t crop, int64_t epochs) {
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
      phases.push_back({static_cast<uint64_t>(epoch), now});
    if (now == crop) break;
  }
  return phases;
}

}  // namespace

void declare_resize_options(CLI::App& app, std::string& spec) {
  app.add_option("--progressive-resize", spec,
                 "Train on small crops first: 160@0,192@20,224@40 is 160 pixels from epoch 0, 192 "
                 "from 20, 224 from 40; without a value from 0.57 of --crop to --crop between 35 "
                 "and 81 % of the epochs, in multiples of 32")
      ->expected(0, 1)
      ->default_str("auto");
}

std::vector<CropPhase> parse_crop_phases(const std::string& spec, int64_t crop, int64_t epochs) {
  if (spec == "auto") {
    std::vector<CropPhase> phases = ramp(crop, epochs);
    if (phases.size() < 2)
      refuse(spec, "a --crop of " + std::to_string(crop) + " and " + std::to_string(epochs) +
                       " epochs leave nothing to grow; name the phases");
    return phases;
  }
  std::vector<CropPhase> phases;
  for (size_t begin = 0; begin <= spec.size();) {
    const size_t end = std::min(spec.find(',', begin), spec.size());
    const std::string_view part = std::string_view(spec).substr(begin, end - begin);
    const size_t at = std::min(part.find('@'), part.size());
    CropPhase phase;
    if (at == part.size() || !parse_number(part.substr(0, at), phase.crop) ||
        !parse_number(part.substr(at + 1), phase.first_epoch) || phase.crop < 1 ||
        phase.crop > kLargestCrop) {
      refuse(spec, "expected phases such as 160@0,192@20 (side@epoch)");
    }
    if (phases.empty() ? phase.first_epoch != 0 : phase.first_epoch <= phases.back().first_epoch)
      refuse(spec, "expected phases from epoch 0, each later than the one before");
    phases.push_back(phase);
    begin = end + 1;
  }
  return phases;
}

int64_t crop_of(const std::vector<CropPhase>& phases, uint64_t epoch) {
  int64_t crop = phases.front().crop;
  for (const CropPhase& phase : phases) {
    if (phase.first_epoch <= epoch) crop = phase.crop;
  }
  return crop;
}

}  // namespace stoker
