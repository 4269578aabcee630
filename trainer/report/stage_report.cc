#include "trainer/report/stage_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/core/units.h"

namespace stoker {
namespace {

// Below, nothing that could be done about it is worth the doing.
constexpr double kWorthWhile = 0.05;

double share(double part, double whole) {
  return whole > 0.0 ? std::clamp(part / whole, 0.0, 1.0) : 0.0;
}

double copy_seconds(const StageReport& report) {
  return std::max(0.0, report.feed - report.loader.wait);
}

double busy_seconds(const StageTimes& loader) {
  return loader.read + loader.decode + loader.augment;
}

std::string waits_on_reading(const StageReport& report) {
  const auto bytes_per_second =
      static_cast<uint64_t>(static_cast<double>(report.loader.stored_bytes) / report.seconds);
  return fmt::format(
      "the data waits on reading ({}/s): give more --threads, --io pread on a network disk, or "
      "pack "
      "smaller (--max-side, --encode jpeg)",
      format_byte_count(bytes_per_second));
}

}  // namespace

StageTimes difference(const StageTimes& now, const StageTimes& before) {
  StageTimes passed = now;
  passed.read -= before.read;
  passed.decode -= before.decode;
  passed.augment -= before.augment;
  passed.idle -= before.idle;
  passed.wait -= before.wait;
  passed.samples -= before.samples;
  passed.stored_bytes -= before.stored_bytes;
  return passed;
}

std::string format_stages(const StageReport& report) {
  const double copy = copy_seconds(report);
  const double compute = std::max(0.0, report.seconds - report.loader.wait - copy);
  const auto percent = [&](double seconds) { return 100.0 * share(seconds, report.seconds); };
  std::string text = fmt::format("time: compute {:.0f}%, wait {:.0f}%, copy {:.0f}%",
                                 percent(compute), percent(report.loader.wait), percent(copy));
  const StageTimes& loader = report.loader;
  const double workers = busy_seconds(loader) + loader.idle;
  if (workers <= 0.0) return text;
  const auto of_workers = [&](double seconds) { return 100.0 * share(seconds, workers); };
  return text +
         fmt::format("; workers: read {:.0f}%, decode {:.0f}%, augment {:.0f}%, idle {:.0f}%",
                     of_workers(loader.read), of_workers(loader.decode), of_workers(loader.augment),
                     of_workers(loader.idle));
}

std::string stage_advice(const StageReport& report) {
  const StageTimes& loader = report.loader;
  const double copy = copy_seconds(report);
  if (copy > loader.wait && share(copy, report.seconds) >= kWorthWhile) {
    return "the network waits on batches being copied and normalised: a smaller --crop, or a GPU";
  }
  if (share(loader.wait, report.seconds) < kWorthWhile) return "";
  // Workers with nothing to do are not the ones waited for: the first batches of an epoch are.
  if (loader.idle > busy_seconds(loader)) {
    return "the wait is for the first batches of the epoch; a longer epoch has a smaller share of "
           "it";
  }
  const double most = std::max({loader.read, loader.decode, loader.augment});
  if (most <= 0.0) return "";
  if (most == loader.read) return waits_on_reading(report);
  if (most == loader.decode) {
    return "the data waits on decoding: pack with --encode mixed or raw, or give more --threads";
  }
  return "the data waits on augmentation: pack smaller (--max-side, --short-side), or give more "
         "--threads";
}

}  // namespace stoker
