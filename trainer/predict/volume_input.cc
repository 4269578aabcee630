#include "trainer/predict/volume_input.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "libdata/core/error.h"
#include "libdata/loader/brick_source.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace {

// All voxels of a bricked field. The pages are asked for at once, since bricks are read one by one.
Bytes read_field(const PackedSplit& split, const Schema& schema, uint64_t sample, const char* name,
                 bool check_hashes, VolumeShape& shape) {
  const size_t field = schema.require(name);
  const BrickFiles files(split, IoMode::kMmap);
  BrickSource source(files, check_hashes);
  const BlobView blob = split.blob(sample, field);
  split.shards()[split.locate(sample).shard].will_need(blob.offset_bytes, blob.bytes.size());
  shape = source.open(sample, field).shape();
  Bytes voxels(shape.byte_count());
  source.read({{0, 0, 0}, shape.size_zyx}, {}, voxels);
  return voxels;
}

torch::Tensor per_channel(const std::vector<double>& values) {
  const auto channels = static_cast<int64_t>(values.size());
  return torch::tensor(values).to(torch::kFloat32).view({channels, 1, 1, 1});
}

void set_moments(VolumeInput& input, const FeatureMoments& moments) {
  input.mean = per_channel({moments.mean.begin(), moments.mean.end()});
  input.stddev = per_channel({moments.stddev.begin(), moments.stddev.end()});
}

// The voxels of a volume of 16 bits.
std::span<const uint16_t> words_of(const VoxelVolume& image) {
  return {reinterpret_cast<const uint16_t*>(image.voxels.data()), image.voxels.size() / 2};
}

VolumeInput empty_input(const Zyx& size_zyx, int64_t channels, torch::ScalarType type) {
  return {size_zyx, torch::empty({channels, size_zyx[0], size_zyx[1], size_zyx[2]}, type), {}, {}};
}

VolumeInput scroll6_input(const VoxelVolume& image) {
  VolumeInput input = empty_input(image.size_zyx, kScroll6Channels, torch::kFloat16);
  const std::span<uint16_t> halves{static_cast<uint16_t*>(input.voxels.data_ptr()),
                                   static_cast<size_t>(input.voxels.numel())};
  set_moments(input, image.dtype == DType::kUInt16
                         ? compute_scroll6(image.size_zyx, words_of(image), halves)
                         : compute_scroll6(image.size_zyx, image.voxels, halves));
  return input;
}

struct Moments {
  double mean = 0.0;
  double stddev = 0.0;
};

// By the count of each value: exact, whatever the order. Precondition: there are voxels.
template <typename Voxel>
Moments moments_of(std::span<const Voxel> voxels) {
  std::vector<uint64_t> histogram(size_t{std::numeric_limits<Voxel>::max()} + 1);
  for (const Voxel value : voxels)
    ++histogram[value];
  double sum = 0.0;
  double squares = 0.0;
  for (size_t value = 0; value < histogram.size(); ++value) {
    const auto count = static_cast<double>(histogram[value]);
    sum += count * static_cast<double>(value);
    squares += count * static_cast<double>(value) * static_cast<double>(value);
  }
  const auto count = static_cast<double>(voxels.size());
  const double mean = sum / count;
  return {mean, std::sqrt(std::max(0.0, squares / count - mean * mean))};
}

// The tensor types of LibTorch 1.13 have no uint16: voxels of 16 bits are kept less 32768, and the
// moments with them, so that (voxels - mean) / stddev is what it is on any scale.
VolumeInput image_input_16(const VoxelVolume& image, bool standardize) {
  constexpr double kShift = 32768.0;
  VolumeInput input = empty_input(image.size_zyx, 1, torch::kInt16);
  const std::span<const uint16_t> words = words_of(image);
  std::transform(words.begin(), words.end(), input.voxels.data_ptr<int16_t>(),
                 [](uint16_t v) { return static_cast<int16_t>(v - 32768); });
  const Moments moments = standardize ? moments_of(words) : Moments{0.0, 65535.0};
  input.mean = per_channel({moments.mean - kShift});
  input.stddev = per_channel({moments.stddev});
  return input;
}

VolumeInput image_input(const VoxelVolume& image, bool standardize) {
  if (image.dtype == DType::kUInt16) return image_input_16(image, standardize);
  VolumeInput input = empty_input(image.size_zyx, 1, torch::kUInt8);
  std::memcpy(input.voxels.data_ptr(), image.voxels.data(), image.voxels.size());
  const Moments moments =
      standardize ? moments_of(std::span<const uint8_t>(image.voxels)) : Moments{0.0, 255.0};
  input.mean = per_channel({moments.mean});
  input.stddev = per_channel({moments.stddev});
  return input;
}

VolumeInput stored_input(const PackedSplit& split, const Schema& schema, uint64_t sample,
                         bool check_hashes) {
  VolumeShape shape;
  const Bytes features = read_field(split, schema, sample, kFeaturesField, check_hashes, shape);
  VolumeInput input = empty_input(shape.size_zyx, shape.channels, torch::kFloat16);
  std::memcpy(input.voxels.data_ptr(), features.data(), features.size());
  const auto moments = [&](const char* name) {
    const ByteSpan bytes = split.inline_bytes(sample, schema.require(name));
    torch::Tensor values = torch::empty({shape.channels, 1, 1, 1}, torch::kFloat32);
    if (bytes.size() != values.nbytes()) {
      throw Error(ErrorCode::kCorrupt,
                  "expected " + std::to_string(shape.channels) + " float32 in field '" + name + "'",
                  split.describe(sample, schema.require(kFeaturesField)));
    }
    std::memcpy(values.data_ptr(), bytes.data(), values.nbytes());
    return values;
  };
  input.mean = moments(kFeatureMeanField);
  input.stddev = moments(kFeatureStdField);
  return input;
}

void leave_as_is(VolumeInput& input) {
  input.mean.zero_();
  input.stddev.fill_(1.0);
}

}  // namespace

int64_t channel_count(PatchInput input) {
  return input == PatchInput::kImage ? 1 : kScroll6Channels;
}

PatchInput choose_input(const std::string& flag, const Schema& schema) {
  const PatchInput input = flag != "auto"             ? parse_patch_input(flag)
                           : schema.find(kImageField) ? PatchInput::kComputedFeatures
                                                      : PatchInput::kStoredFeatures;
  schema.require(input == PatchInput::kStoredFeatures ? kFeaturesField : kImageField);
  return input;
}

std::string input_name(PatchInput input) {
  switch (input) {
    case PatchInput::kImage:
      return "image";
    case PatchInput::kStoredFeatures:
      return "stored";
    case PatchInput::kComputedFeatures:
      return "computed";
  }
  return "";
}

VolumeInput make_volume_input(const VoxelVolume& image, PatchInput kind, bool standardize) {
  if (image.dtype != DType::kUInt8 && image.dtype != DType::kUInt16) {
    throw Error(ErrorCode::kUnsupported, "expected an image of uint8 or uint16 voxels, found " +
                                             std::string(dtype_name(image.dtype)));
  }
  if (kind == PatchInput::kImage) return image_input(image, standardize);
  VolumeInput input = scroll6_input(image);
  if (!standardize) leave_as_is(input);
  return input;
}

VolumeInput read_volume_input(const PackedSplit& split, const Schema& schema, uint64_t sample,
                              PatchInput kind, bool standardize, bool check_hashes) {
  if (kind == PatchInput::kStoredFeatures) {
    VolumeInput input = stored_input(split, schema, sample, check_hashes);
    if (!standardize) leave_as_is(input);
    return input;
  }
  VolumeShape shape;
  VoxelVolume image;
  image.voxels = read_field(split, schema, sample, kImageField, check_hashes, shape);
  image.size_zyx = shape.size_zyx;
  image.dtype = shape.dtype;
  return make_volume_input(image, kind, standardize);
}

torch::Tensor network_box(const VolumeInput& input, const Box& box) {
  torch::Tensor values = input.voxels;
  std::vector<int64_t> beyond;  // x, y, z, as replication_pad3d takes it
  for (size_t axis = 0; axis < 3; ++axis) {
    const int64_t inside = std::min(box.size_zyx[axis], input.size_zyx[axis] - box.begin_zyx[axis]);
    values = values.narrow(static_cast<int64_t>(axis) + 1, box.begin_zyx[axis], inside);
    beyond.insert(beyond.begin(), {0, box.size_zyx[axis] - inside});
  }
  values = (values.to(torch::kFloat32) - input.mean) / input.stddev.clamp_min(1e-6);
  if (std::all_of(beyond.begin(), beyond.end(), [](int64_t n) { return n == 0; })) return values;
  return torch::replication_pad3d(values.unsqueeze(0), beyond).squeeze(0);
}

std::vector<uint8_t> read_labels(const PackedSplit& split, const Schema& schema, uint64_t sample,
                                 bool check_hashes) {
  VolumeShape shape;
  return read_field(split, schema, sample, kLabelField, check_hashes, shape);
}

}  // namespace stoker
