#include "libdata/loader/patch_sampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/random.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace {

constexpr uint8_t kSurfaceLabel = 1;
constexpr uint8_t kIgnoreLabel = 2;

void require(bool holds, const char* expected) {
  if (!holds) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("patch sampler: expected {}", expected));
  }
}

void check_options(const PatchSamplerOptions& options) {
  const auto is_share = [](double value) { return value >= 0 && value <= 1; };
  for (const int64_t side : options.patch_zyx) {
    require(side >= 1 && side <= 4096, "a patch of 1 to 4096 voxels along each axis");
  }
  for (const int64_t stride : options.grid_stride_zyx) {
    require(stride >= 0, "a grid stride of at least 0");
  }
  require(options.patches_per_volume >= 1 && options.patches_per_volume <= 1 << 20,
          "1 to 2^20 patches a volume");
  require(is_share(options.surface_fraction), "a surface fraction of 0 to 1");
  const PatchAugmentation& a = options.augmentation;
  for (const double probability : a.flip_probability_zyx) {
    require(is_share(probability), "flip probabilities of 0 to 1");
  }
  require(is_share(a.rotate_yx_probability) && is_share(a.rotate_zy_probability) &&
              is_share(a.intensity_probability),
          "probabilities of 0 to 1");
  require(a.min_scale > 0 && a.min_scale <= a.max_scale && a.max_shift >= 0,
          "0 < min_scale <= max_scale and max_shift of at least 0");
}

// A turn by 90 degrees times `quarters` in the plane of two axes.
Orientation quarter_turns(uint8_t first_axis, uint8_t second_axis, uint64_t quarters) {
  Orientation turn;
  std::swap(turn.source_axis[first_axis], turn.source_axis[second_axis]);
  turn.reversed[first_axis] = true;
  Orientation all;
  for (uint64_t i = 0; i < quarters; ++i)
    all = compose(all, turn);
  return all;
}

Orientation draw_orientation(const PatchAugmentation& augmentation, RandomStream& random) {
  Orientation orientation;
  // The same number of draws whatever comes out, so that one choice does not shift the others.
  const bool rotate_zy = random.next_double() < augmentation.rotate_zy_probability;
  const uint64_t quarters_zy = 1 + random.next_below(3);
  const bool rotate_yx = random.next_double() < augmentation.rotate_yx_probability;
  const uint64_t quarters_yx = 1 + random.next_below(3);
  if (rotate_zy) orientation = compose(orientation, quarter_turns(0, 1, quarters_zy));
  if (rotate_yx) orientation = compose(orientation, quarter_turns(1, 2, quarters_yx));
  Orientation flips;
  for (size_t axis = 0; axis < 3; ++axis) {
    flips.reversed[axis] = random.next_double() < augmentation.flip_probability_zyx[axis];
  }
  return compose(orientation, flips);
}

// Voxels that count, up to and including each brick.
using BrickSums = std::vector<uint64_t>;

struct VolumeSums {
  std::once_flag made;
  BrickSums surface;   // of label 1
  BrickSums labelled;  // of label 0 or 1
};

void make_sums(const BrickVolume& labels, VolumeSums& sums) {
  // A call that a damaged entry ended has left its beginning, and call_once calls again.
  sums.surface.clear();
  sums.labelled.clear();
  uint64_t surface = 0;
  uint64_t labelled = 0;
  for (uint64_t brick = 0; brick < labels.brick_count(); ++brick) {
    const auto counts = labels.entry(brick).label_counts;
    surface += counts[kSurfaceLabel];
    labelled += uint64_t{counts[0]} + counts[kSurfaceLabel];
    sums.surface.push_back(surface);
    sums.labelled.push_back(labelled);
  }
}

}  // namespace

PatchSampling parse_patch_sampling(std::string_view text) {
  if (text == "surface") return PatchSampling::kSurface;
  if (text == "uniform") return PatchSampling::kUniform;
  if (text == "grid") return PatchSampling::kGrid;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected surface, uniform or grid, found {}", text));
}

struct PatchSampler::State {
  const PackedSplit& split;
  PatchSamplerOptions options;
  size_t shape_field = 0;               // the field that tells a volume's size
  size_t shape_axis = 0;                // where z is among its axes
  size_t label_field = 0;               // kSurface
  std::vector<uint64_t> first_patches;  // kGrid: of each volume, and the end
  std::unique_ptr<VolumeSums[]> sums;   // kSurface: of each volume, made when first needed

  Zyx volume_size(uint64_t volume) const {
    const Extents shape = split.blob(volume, shape_field).shape;
    return {shape[shape_axis], shape[shape_axis + 1], shape[shape_axis + 2]};
  }
  int64_t grid_count(int64_t size, size_t axis) const;
  Zyx grid_counts(uint64_t volume) const;
  Zyx grid_begin(uint64_t volume, uint64_t index, const Zyx& volume_zyx) const;
  std::optional<Zyx> draw_voxel(uint64_t volume, RandomStream& random, BrickSource& bricks) const;
};

// Places along an axis: one stride apart, the last moved back to end with the volume.
int64_t PatchSampler::State::grid_count(int64_t size, size_t axis) const {
  const int64_t beyond = size - options.patch_zyx[axis];
  const int64_t stride = options.grid_stride_zyx[axis];
  return beyond <= 0 ? 1 : (beyond + stride - 1) / stride + 1;
}

Zyx PatchSampler::State::grid_counts(uint64_t volume) const {
  const Zyx size = volume_size(volume);
  return {grid_count(size[0], 0), grid_count(size[1], 1), grid_count(size[2], 2)};
}

Zyx PatchSampler::State::grid_begin(uint64_t volume, uint64_t index, const Zyx& volume_zyx) const {
  const Zyx counts = grid_counts(volume);
  const auto i = static_cast<int64_t>(index);
  Zyx begin{i / (counts[1] * counts[2]), i / counts[2] % counts[1], i % counts[2]};
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t last = std::max<int64_t>(0, volume_zyx[axis] - options.patch_zyx[axis]);
    begin[axis] = std::min(begin[axis] * options.grid_stride_zyx[axis], last);
  }
  return begin;
}

// A voxel to centre a patch on; nothing where the volume has none of the kind drawn.
std::optional<Zyx> PatchSampler::State::draw_voxel(uint64_t volume, RandomStream& random,
                                                   BrickSource& bricks) const {
  const bool wants_surface = random.next_double() < options.surface_fraction;
  const BrickVolume& labels = bricks.open(volume, label_field);
  if (!labels.has_labels()) {
    throw Error(ErrorCode::kInvalidArgument, "the label field has no label counts: pack again",
                split.describe(volume, label_field));
  }
  VolumeSums& table = sums[volume];
  std::call_once(table.made, [&] { make_sums(labels, table); });
  const bool on_surface = wants_surface && table.surface.back() > 0;
  const BrickSums& counted = on_surface ? table.surface : table.labelled;
  if (counted.back() == 0) return std::nullopt;
  const uint64_t drawn = random.next_below(counted.back());
  const auto found = std::upper_bound(counted.begin(), counted.end(), drawn);
  const auto brick = static_cast<uint64_t>(found - counted.begin());
  uint64_t rank = drawn - (brick == 0 ? 0 : counted[brick - 1]);

  const Box box = labels.grid().box(brick);
  std::array<uint8_t, kBrickEdge * kBrickEdge * kBrickEdge> voxels;
  const auto count = static_cast<size_t>(box.voxel_count());
  bricks.read(box, {}, std::span(voxels).first(count));
  for (size_t i = 0; i < count; ++i) {
    const bool counts = on_surface ? voxels[i] == kSurfaceLabel : voxels[i] < kIgnoreLabel;
    if (!counts || rank-- > 0) continue;
    const auto at = static_cast<int64_t>(i);
    const Zyx& size = box.size_zyx;
    return Zyx{box.begin_zyx[0] + at / (size[1] * size[2]),
               box.begin_zyx[1] + at / size[2] % size[1], box.begin_zyx[2] + at % size[2]};
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("label brick {} has fewer voxels of a kind than its count says", brick),
              split.describe(volume, label_field));
}

PatchSampler::PatchSampler(const PackedSplit& split, const Schema& schema,
                           const PatchSamplerOptions& options) {
  check_options(options);
  state_ = std::make_unique<State>(State{split, options, 0, 0, 0, {}, nullptr});
  PatchSamplerOptions& chosen = state_->options;
  for (size_t axis = 0; axis < 3; ++axis) {
    if (chosen.grid_stride_zyx[axis] == 0) chosen.grid_stride_zyx[axis] = chosen.patch_zyx[axis];
  }
  bool has_volumes = false;
  for (const char* name : {kFeaturesField, kImageField, kLabelField}) {
    const std::optional<size_t> field = schema.find(name);
    if (!field || schema.fields[*field].storage != Storage::kBlob) continue;
    const std::string& axes = schema.fields[*field].axes;
    if (axes != "ZYX" && axes != "CZYX") continue;
    has_volumes = true;
    state_->shape_field = *field;
    state_->shape_axis = axes.size() - 3;
  }
  if (!has_volumes) {
    throw Error(ErrorCode::kInvalidArgument,
                "the data set holds no volumes (no field 'image', 'features' or 'label' of axes "
                "ZYX or CZYX); pack-volumes makes such data sets");
  }
  if (chosen.sampling == PatchSampling::kSurface) {
    const std::optional<size_t> label = schema.find(kLabelField);
    if (!label) {
      throw Error(ErrorCode::kInvalidArgument,
                  "the volumes were packed without labels: there is no surface to draw patches on. "
                  "Sample uniformly, or on a grid");
    }
    state_->label_field = *label;
    state_->sums = std::make_unique<VolumeSums[]>(split.sample_count());
  }
  if (chosen.sampling == PatchSampling::kGrid) {
    chosen.augmentation = kNoAugmentation;
    state_->first_patches.push_back(0);
    for (uint64_t volume = 0; volume < split.sample_count(); ++volume) {
      const Zyx counts = state_->grid_counts(volume);
      state_->first_patches.push_back(state_->first_patches.back() +
                                      static_cast<uint64_t>(counts[0] * counts[1] * counts[2]));
    }
  }
}

PatchSampler::~PatchSampler() = default;

uint64_t PatchSampler::patch_count() const {
  if (state_->options.sampling == PatchSampling::kGrid) return state_->first_patches.back();
  return state_->split.sample_count() * static_cast<uint64_t>(state_->options.patches_per_volume);
}

uint64_t PatchSampler::volume_of(uint64_t patch) const {
  if (state_->options.sampling != PatchSampling::kGrid) {
    return patch / static_cast<uint64_t>(state_->options.patches_per_volume);
  }
  const std::vector<uint64_t>& first = state_->first_patches;
  return static_cast<uint64_t>(std::upper_bound(first.begin(), first.end(), patch) -
                               first.begin()) -
         1;
}

PatchDraw PatchSampler::draw(uint64_t epoch, uint64_t patch, const Zyx& patch_zyx,
                             BrickSource& bricks) const {
  const PatchSamplerOptions& options = state_->options;
  RandomStream random(options.seed, epoch, patch);
  PatchDraw draw;
  draw.volume = volume_of(patch);
  if (options.sampling != PatchSampling::kGrid) {
    draw.orientation = draw_orientation(options.augmentation, random);
    const PatchAugmentation& a = options.augmentation;
    const bool change = random.next_double() < a.intensity_probability;
    const double scale = random.next_uniform(a.min_scale, a.max_scale);
    const double shift = random.next_uniform(-a.max_shift, a.max_shift);
    if (change) {
      draw.scale = scale;
      draw.shift = shift;
    }
  }
  const Zyx volume_zyx = state_->volume_size(draw.volume);
  draw.volume_zyx = volume_zyx;
  draw.box.size_zyx = draw.orientation.unoriented(patch_zyx);
  for (size_t axis = 0; axis < 3; ++axis) {
    draw.box.size_zyx[axis] = std::min(draw.box.size_zyx[axis], volume_zyx[axis]);
  }
  if (options.sampling == PatchSampling::kGrid) {
    const uint64_t index = patch - state_->first_patches[draw.volume];
    draw.box.begin_zyx = state_->grid_begin(draw.volume, index, volume_zyx);
    return draw;
  }
  std::optional<Zyx> centre;
  if (options.sampling == PatchSampling::kSurface) {
    centre = state_->draw_voxel(draw.volume, random, bricks);
  }
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t last = volume_zyx[axis] - draw.box.size_zyx[axis];
    draw.box.begin_zyx[axis] =
        centre ? std::clamp<int64_t>((*centre)[axis] - draw.box.size_zyx[axis] / 2, 0, last)
               : static_cast<int64_t>(random.next_below(static_cast<uint64_t>(last) + 1));
  }
  return draw;
}

}  // namespace stoker
