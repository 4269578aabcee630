#include "trainer/volume_input.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "libdata/core/error.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "libdata/volume/features.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace {

Bytes read_field(const PackedSplit& split, const Schema& schema, uint64_t sample, const char* name,
                 VolumeShape& shape) {
  const size_t field = schema.require(name);
  try {
    const BlobView blob = split.blob(sample, field);
    const BrickVolume volume = parse_bricks(blob.bytes);
    shape = volume.shape();
    return read_volume(volume, blob.bytes);
  } catch (const Error& error) {
    throw error.at(split.describe(sample, field));
  }
}

torch::Tensor per_channel(const std::vector<double>& values) {
  const auto channels = static_cast<int64_t>(values.size());
  return torch::tensor(values).to(torch::kFloat32).view({channels, 1, 1, 1});
}

void set_moments(VolumeInput& input, const FeatureMoments& moments) {
  input.mean = per_channel({moments.mean.begin(), moments.mean.end()});
  input.stddev = per_channel({moments.stddev.begin(), moments.stddev.end()});
}

VolumeInput scroll6_input(const Zyx& size_zyx, ByteSpan image) {
  VolumeInput input{
      size_zyx,
      torch::empty({kScroll6Channels, size_zyx[0], size_zyx[1], size_zyx[2]}, torch::kFloat16),
      {},
      {}};
  auto* halves = static_cast<uint16_t*>(input.voxels.data_ptr());
  set_moments(
      input, compute_scroll6(size_zyx, image, {halves, static_cast<size_t>(input.voxels.numel())}));
  return input;
}

VolumeInput image_input(const Zyx& size_zyx, ByteSpan image) {
  VolumeInput input{
      size_zyx, torch::empty({1, size_zyx[0], size_zyx[1], size_zyx[2]}, torch::kUInt8), {}, {}};
  std::memcpy(input.voxels.data_ptr(), image.data(), image.size());
  std::array<uint64_t, 256> histogram{};
  for (const uint8_t value : image)
    ++histogram[value];
  double sum = 0.0;
  double squares = 0.0;
  for (size_t value = 0; value < histogram.size(); ++value) {
    const auto voxels = static_cast<double>(histogram[value]);
    sum += voxels * static_cast<double>(value);
    squares += voxels * static_cast<double>(value * value);
  }
  const auto count = static_cast<double>(image.size());
  const double mean = sum / count;
  input.mean = per_channel({mean});
  input.stddev = per_channel({std::sqrt(std::max(0.0, squares / count - mean * mean))});
  return input;
}

VolumeInput stored_input(const PackedSplit& split, const Schema& schema, uint64_t sample) {
  VolumeShape shape;
  const Bytes features = read_field(split, schema, sample, kFeaturesField, shape);
  const Zyx& size = shape.size_zyx;
  VolumeInput input{
      size, torch::empty({shape.channels, size[0], size[1], size[2]}, torch::kFloat16), {}, {}};
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

VolumeInput read_volume_input(const PackedSplit& split, const Schema& schema, uint64_t sample,
                              PatchInput kind, bool standardize) {
  VolumeInput input;
  if (kind == PatchInput::kStoredFeatures) {
    input = stored_input(split, schema, sample);
  } else {
    VolumeShape shape;
    const Bytes image = read_field(split, schema, sample, kImageField, shape);
    input = kind == PatchInput::kImage ? image_input(shape.size_zyx, image)
                                       : scroll6_input(shape.size_zyx, image);
  }
  if (!standardize) {
    input.mean.zero_();
    input.stddev.fill_(kind == PatchInput::kImage ? 255.0 : 1.0);
  }
  return input;
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

std::vector<uint8_t> read_labels(const PackedSplit& split, const Schema& schema, uint64_t sample) {
  VolumeShape shape;
  return read_field(split, schema, sample, kLabelField, shape);
}

}  // namespace stoker
