#include "libdata/loader/patch_maker.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "libdata/core/error.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace {

constexpr uint8_t kFillVoxel = 0;
constexpr uint8_t kFillLabel = 2;  // ignore
constexpr uint8_t kFillDistance = 127;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, "patch loader: " + message);
}

size_t require_field(const Schema& schema, const char* name, const char* hint) {
  const std::optional<size_t> position = schema.find(name);
  if (!position) refuse(fmt::format("the data set has no field '{}': {}", name, hint));
  return *position;
}

size_t require_bricks(const Schema& schema, const char* name, DType dtype, const char* axes,
                      const char* hint) {
  const size_t position = require_field(schema, name, hint);
  const Field& field = schema.fields[position];
  if (field.storage != Storage::kBlob || field.dtype != dtype || field.axes != axes) {
    refuse(fmt::format("field '{}' is {} of axes '{}', expected {} of axes {}", name,
                       dtype_name(field.dtype), field.axes, dtype_name(dtype), axes));
  }
  return position;
}

// Voxels of 8 or 16 bits.
size_t require_image(const Schema& schema) {
  const char* const hint = "pack-volumes makes it; feature data sets have none";
  const Field& field = schema.fields[require_field(schema, kImageField, hint)];
  const DType dtype = field.dtype == DType::kUInt16 ? DType::kUInt16 : DType::kUInt8;
  return require_bricks(schema, kImageField, dtype, "ZYX", hint);
}

std::optional<size_t> find_moments(const Schema& schema, const char* name) {
  const std::optional<size_t> position = schema.find(name);
  if (!position) return std::nullopt;
  const Field& field = schema.fields[*position];
  const bool fits = field.storage == Storage::kInline && field.dtype == DType::kFloat32 &&
                    field.shape == std::vector<int64_t>{kScroll6Channels};
  if (!fits) refuse(fmt::format("field '{}' is not six inline float32", name));
  return position;
}

// A box of values [channels][box] into the start of a larger [channels][whole], filled behind.
template <typename Value>
void place_cut(const Value* from, const Zyx& box, int64_t channels, Value fill, Value* to,
               const Zyx& whole) {
  std::fill(to, to + channels * whole[0] * whole[1] * whole[2], fill);
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t z = 0; z < box[0]; ++z) {
      for (int64_t y = 0; y < box[1]; ++y) {
        std::copy(from, from + box[2], to + ((c * whole[0] + z) * whole[1] + y) * whole[2]);
        from += box[2];
      }
    }
  }
}

// Where a box of a volume lies once the volume is turned.
Box turned(const Box& box, const Zyx& volume_zyx, const Orientation& orientation) {
  Box result;
  result.size_zyx = orientation.oriented(box.size_zyx);
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t along = orientation.source_axis[axis];
    result.begin_zyx[axis] =
        orientation.reversed[axis] ? volume_zyx[along] - box.end(along) : box.begin_zyx[along];
  }
  return result;
}

std::array<float, kScroll6Channels> load_moments(ByteSpan bytes) {
  std::array<float, kScroll6Channels> values;
  std::memcpy(values.data(), bytes.data(), sizeof values);
  return values;
}

}  // namespace

PatchFields find_patch_fields(const Schema& schema, const PatchLoaderOptions& options) {
  PatchFields fields;
  if (options.input == PatchInput::kStoredFeatures) {
    fields.input =
        require_bricks(schema, kFeaturesField, DType::kFloat16, "CZYX",
                       "precompute-features makes it, or compute features while loading");
    const Field& field = schema.fields[fields.input];
    if (field.definition != kScroll6Definition) {
      refuse(fmt::format("the features are '{}', expected '{}'", field.definition,
                         kScroll6Definition));
    }
    const PatchAugmentation& turn = options.sampling.augmentation;
    if (options.sampling.sampling != PatchSampling::kGrid &&
        (turn.rotate_yx_probability > 0 || turn.rotate_zy_probability > 0)) {
      refuse(
          fmt::format("stored features cannot be rotated: channel {} ({}) tells y from x. Switch "
                      "rotations off, or compute features while loading",
                      kScroll6AxisBoundChannel, kScroll6Names[kScroll6AxisBoundChannel]));
    }
  } else {
    fields.input = require_image(schema);
  }
  fields.input_dtype = schema.fields[fields.input].dtype;
  fields.channels = options.input == PatchInput::kImage ? 1 : kScroll6Channels;
  if (options.with_label) {
    fields.label = require_bricks(schema, kLabelField, DType::kUInt8, "ZYX",
                                  "the volumes were packed without labels, so they can be "
                                  "predicted, not trained on");
  }
  if (options.with_distance) {
    fields.distance =
        require_bricks(schema, kDistanceField, DType::kInt8, "ZYX", "pack with --targets distance");
  }
  fields.scroll = schema.find(kScrollField);
  if (fields.scroll) {
    const Field& scroll = schema.fields[*fields.scroll];
    if (scroll.storage != Storage::kInline || !scroll.axes.empty() ||
        scroll.dtype != DType::kInt64) {
      refuse(fmt::format("field '{}' is not one inline int64", kScrollField));
    }
  }
  fields.mean = find_moments(schema, kFeatureMeanField);
  fields.stddev = find_moments(schema, kFeatureStdField);
  const bool has_moments = fields.mean && fields.stddev;
  if (options.standardize && !has_moments && options.input != PatchInput::kImage) {
    refuse(
        fmt::format("the data set has no '{}' and '{}' to standardise features with: pack with "
                    "moments, or switch standardisation off",
                    kFeatureMeanField, kFeatureStdField));
  }
  return fields;
}

PatchMaker::PatchMaker(const PatchSampler& sampler, const BrickFiles& files,
                       const PatchFields& fields, const PatchLoaderOptions& options)
    : sampler_(&sampler),
      files_(&files),
      fields_(&fields),
      options_(&options),
      source_(files, options.check_hashes) {}

void PatchMaker::make(uint64_t epoch, uint64_t patch, const Zyx& patch_zyx,
                      const PatchTarget& target) {
  patch_zyx_ = patch_zyx;
  draw_.volume = sampler_->volume_of(patch);
  draw_ = sampler_->draw(epoch, patch, patch_zyx, source_);
  const bool is_16_bit = fields_->input_dtype == DType::kUInt16;
  if (options_->input == PatchInput::kStoredFeatures) {
    read_field(fields_->input, target.features);
  } else if (options_->input == PatchInput::kComputedFeatures) {
    is_16_bit ? compute_features<uint16_t>(target.features)
              : compute_features<uint8_t>(target.features);
  } else if (is_16_bit) {
    read_field(fields_->input, target.image16);
  } else {
    read_field(fields_->input, kFillVoxel, target.image);
  }
  if (fields_->label) {
    read_field(*fields_->label, kFillLabel, target.label);
    check_labels(target.label);
  }
  if (fields_->distance) read_field(*fields_->distance, kFillDistance, target.distance);
  set_intensity(target);
  target.place->volume = draw_.volume;
  target.place->scroll =
      fields_->scroll ? files_->split().inline_int(draw_.volume, *fields_->scroll) : -1;
  target.place->box = draw_.box;
  target.place->orientation = draw_.orientation;
}

void PatchMaker::check_volume(const BrickVolume& bricks, size_t field) const {
  if (bricks.shape().size_zyx == draw_.volume_zyx) return;
  throw Error(ErrorCode::kCorrupt, "the fields of this volume are not of one size",
              files_->split().describe(draw_.volume, field));
}

void PatchMaker::check_labels(std::span<const uint8_t> labels) const {
  const uint8_t highest = *std::max_element(labels.begin(), labels.end());
  if (highest <= kFillLabel) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("expected labels 0, 1 and 2 (ignore), found {}", highest),
              files_->split().describe(draw_.volume, *fields_->label));
}

void PatchMaker::read_field(size_t field, uint8_t fill, std::span<uint8_t> out) {
  const BrickVolume& bricks = source_.open(draw_.volume, field);
  check_volume(bricks, field);
  const VolumeShape part{draw_.box.size_zyx, bricks.shape().channels, bricks.shape().dtype};
  if (part.byte_count() == out.size()) {
    return source_.read(draw_.box, draw_.orientation, out, true);
  }
  cut_voxels_.resize(part.byte_count());
  source_.read(draw_.box, draw_.orientation, cut_voxels_);
  const Zyx size = draw_.orientation.oriented(draw_.box.size_zyx);
  const Zyx& whole = patch_zyx_;
  if (dtype_size(part.dtype) == 1) {
    place_cut(cut_voxels_.data(), size, part.channels, fill, out.data(), whole);
  } else {
    place_cut(reinterpret_cast<const uint16_t*>(cut_voxels_.data()), size, part.channels,
              uint16_t{0}, reinterpret_cast<uint16_t*>(out.data()), whole);
  }
}

// What is behind the volume's end is 0.
void PatchMaker::read_field(size_t field, std::span<uint16_t> out) {
  read_field(field, kFillVoxel, {reinterpret_cast<uint8_t*>(out.data()), out.size_bytes()});
}

// Features of the turned patch: voxels are turned as they are read, so that channel 5 is that of
// what the model sees.
template <typename Voxel>
void PatchMaker::compute_features(std::span<uint16_t> out) {
  const BrickVolume& bricks = source_.open(draw_.volume, fields_->input);
  check_volume(bricks, fields_->input);
  const Box halo = scroll6_halo_box(draw_.volume_zyx, draw_.box);
  halo_voxels_.resize(static_cast<size_t>(halo.voxel_count()) * sizeof(Voxel));
  source_.read(halo, draw_.orientation, halo_voxels_);
  const std::span<const Voxel> halo_voxels{reinterpret_cast<const Voxel*>(halo_voxels_.data()),
                                           static_cast<size_t>(halo.voxel_count())};
  const auto start = std::chrono::steady_clock::now();
  const Zyx volume_zyx = draw_.orientation.oriented(draw_.volume_zyx);
  const Box box = turned(draw_.box, draw_.volume_zyx, draw_.orientation);
  const auto values = static_cast<size_t>(kScroll6Channels * box.voxel_count());
  if (values == out.size()) {
    compute_scroll6_box(volume_zyx, box, halo_voxels, out);
  } else {
    cut_features_.resize(values);
    compute_scroll6_box(volume_zyx, box, halo_voxels, cut_features_);
    place_cut(cut_features_.data(), box.size_zyx, kScroll6Channels, uint16_t{0}, out.data(),
              patch_zyx_);
  }
  compute_seconds_ +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Channel 0 scales and shifts with the intensities; channels 1 to 4 are linear in them and know no
// shift; channel 5 is a ratio and knows neither.
void PatchMaker::set_intensity(const PatchTarget& target) const {
  std::array<float, kScroll6Channels> mean{};
  std::array<float, kScroll6Channels> stddev{};
  stddev.fill(1);
  if (options_->standardize && fields_->mean && fields_->stddev) {
    mean = load_moments(files_->split().inline_bytes(draw_.volume, *fields_->mean));
    stddev = load_moments(files_->split().inline_bytes(draw_.volume, *fields_->stddev));
  }
  const double largest_voxel = fields_->input_dtype == DType::kUInt16 ? 65535 : 255;
  const double stored_unit = options_->input == PatchInput::kImage ? 1 / largest_voxel : 1.0;
  for (size_t c = 0; c < target.factor.size(); ++c) {
    const bool scales = c != static_cast<size_t>(kScroll6AxisBoundChannel);
    const double scale = scales ? draw_.scale : 1.0;
    const double shift = c == 0 ? draw_.shift : 0.0;
    const double unit = stddev[c] > 0 ? 1.0 / stddev[c] : 1.0;  // a channel of one value: to 0
    target.factor[c] = static_cast<float>(scale * unit * stored_unit);
    target.offset[c] = static_cast<float>((shift - mean[c]) * unit);
  }
}

}  // namespace stoker
