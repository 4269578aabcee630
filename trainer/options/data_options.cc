#include "trainer/options/data_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "libdata/core/choice_option.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "trainer/options/number_range.h"

namespace stoker {

void declare_data_options(CLI::App& app, DataOptions& data) {
  begin_options(app, "Data");
  app.add_option("--data,--shards", data.shards,
                 "Packed data sets to train on, joined; needed, but for --fake-data")
      ->type_name("DIR");
  app.add_option("--val-data,--val-shards", data.val_shards,
                 "The same to validate on; default: split 'val' of --data, if any")
      ->type_name("DIR");
  app.add_option("--crop", data.crop,
                 "Side the network sees, in pixels (voxels); 0: the task's own")
      ->check(CLI::Range(0, 16384));
  app.add_option("--val-resize", data.val_resize,
                 "Shorter side before validation's centre crop; 0: crop * 256 / 224, or crop where "
                 "the images are no larger than that")
      ->check(CLI::Range(0, 16384));
  app.add_option("--min-scale", data.min_scale,
                 "Smallest random crop in training, as a share of the image's area")
      ->check(CLI::Range(0.0001, 1.0));
  app.add_option("--flip", data.flip, "Probability that a training sample is mirrored")
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--channels", data.channels, "Input channels; auto: as the data is stored")
      ->check(CLI::IsMember({"auto", "1", "3"}));
  app.add_option("--mean", data.mean,
                 "Subtracted from pixels scaled to 0..1, one value a channel; default: ImageNet's "
                 "for 3 channels, 0.5 for 1")
      ->delimiter(',');
  app.add_option("--std", data.std, "Divided by after that; default as for --mean")->delimiter(',');
  app.add_option("--batch-size", data.batch_size,
                 "Samples (patches) in a step; default: 64, for unet3d 2")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--order", data.order, "Order of samples in an epoch")
      ->check(CLI::IsMember({"random", "window", "sequential"}));
  add_choice(app, "--on-error", data.on_error, {"stop", "skip"},
             "A damaged sample ends the run, or is left out and listed");
  add_switch(app, "--check-hashes", data.check_hashes,
             "Compare what is read with its hash; default: what is decoded, not raw bytes");
  add_choice(app, "--io", data.io, {"mmap", "pread", "direct"},
             "How shards are read; pread: network disks; direct: past the page cache");
}

void check_data_options(const DataOptions& data) {
  check_range("--min-scale", data.min_scale, 0.0001, 1.0);
  check_range("--flip", data.flip, 0.0, 1.0);
  // Of pixels scaled to 0..1; in float32 anything beyond overflows.
  for (const double mean : data.mean)
    check_range("--mean", mean, -1e6, 1e6);
  for (const double deviation : data.std)
    check_range("--std", deviation, 1e-6, 1e6);
  if (data.mean.size() != data.std.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--mean has {} values and --std {}: expected as many", data.mean.size(),
                            data.std.size()));
  }
}

OptionList result_options(const DataOptions& data) {
  // Not here: where the data lies; its fingerprint is kept instead.
  return {{"--crop", fmt::format("{}", data.crop)},
          {"--val-resize", fmt::format("{}", data.val_resize)},
          {"--min-scale", fmt::format("{}", data.min_scale)},
          {"--flip", fmt::format("{}", data.flip)},
          {"--channels", data.channels},
          {"--mean", fmt::format("{}", fmt::join(data.mean, ","))},
          {"--std", fmt::format("{}", fmt::join(data.std, ","))},
          {"--on-error", data.on_error},
          {"--batch-size", fmt::format("{}", data.batch_size)},
          {"--order", data.order}};
}

}  // namespace stoker
