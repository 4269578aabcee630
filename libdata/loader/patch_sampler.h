// Which patches an epoch takes from a split of packed volumes, and how each is turned: what a patch
// loader reads. volume_fields.h names the fields.
//
// What is drawn depends on (split, options, seed, epoch, patch number) alone. No coordinates are
// kept: a surface voxel is drawn by its brick, from the label counts of the brick table (prefix
// sums, 16 bytes a brick, made at a volume's first draw), then by its rank among the brick's.
// Thread-safety: const functions may be called by any number of threads at once.
// Ownership: the split must outlive the sampler.
// Errors: InvalidArgument for options that do not fit the data; Corrupt where a table is damaged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "libdata/loader/brick_source.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/volume_geometry.h"

namespace stoker {

enum class PatchSampling : uint8_t {
  // surface_fraction of the patches are centred on a voxel of label 1, the others on a labelled
  // voxel (0 or 1): label 2 is unknown, not background. Volumes without such voxels: kUniform.
  kSurface,
  kUniform,  // every place in the volume alike
  kGrid,     // a regular grid over every volume, once, without augmentation: for evaluation
};
PatchSampling parse_patch_sampling(std::string_view text);  // "surface", "uniform", "grid"

// Drawn for every patch. The same turn is applied to image, features, label and distance.
struct PatchAugmentation {
  std::array<double, 3> flip_probability_zyx{0.5, 0.5, 0.5};
  double rotate_yx_probability = 0.75;  // then by 90, 180 or 270 degrees, alike
  double rotate_zy_probability = 0.3;   // likewise
  double intensity_probability = 0.5;   // then value * scale + shift, for values of 0..1
  double min_scale = 0.9;
  double max_scale = 1.1;
  double max_shift = 0.05;  // shift is drawn from -max_shift..max_shift
};
inline constexpr PatchAugmentation kNoAugmentation{{0, 0, 0}, 0, 0, 0, 1, 1, 0};

struct PatchSamplerOptions {
  Zyx patch_zyx{128, 128, 128};  // as delivered, after turning
  PatchSampling sampling = PatchSampling::kSurface;
  double surface_fraction = 0.7;
  int64_t patches_per_volume = 4;  // kSurface, kUniform
  Zyx grid_stride_zyx{0, 0, 0};    // kGrid; 0: the patch size
  PatchAugmentation augmentation;
  uint64_t seed = 0;
};

struct PatchDraw {
  uint64_t volume = 0;      // sample id in the split
  Zyx volume_zyx{0, 0, 0};  // its size
  Box box;                  // in the volume, before turning; cut at its ends where it is too small
  Orientation orientation;
  double scale = 1;  // of intensities
  double shift = 0;
};

class PatchSampler {
 public:
  PatchSampler(const PackedSplit& split, const Schema& schema, const PatchSamplerOptions& options);
  ~PatchSampler();

  // Patches of an epoch: numbers 0 .. patch_count() - 1, those of a volume together.
  uint64_t patch_count() const;
  uint64_t volume_of(uint64_t patch) const;
  // `patch_zyx` takes the place of the options', other than on a grid. `bricks` reads label bricks
  // on behalf of the calling thread.
  PatchDraw draw(uint64_t epoch, uint64_t patch, const Zyx& patch_zyx, BrickSource& bricks) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stoker
