#include "tools/montage.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/parallel.h"
#include "libdata/image/image_codec.h"
#include "libdata/image/image_draw.h"
#include "libdata/image/resize.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/volume_fields.h"
#include "tools/dataset_summary.h"

namespace stoker {
namespace {

constexpr int64_t kGap = 4;
constexpr uint8_t kBackground = 32;

// A value stored raw with axes HW or HWC.
Image raw_image(const Field& field, const BlobView& blob) {
  Image image{blob.shape[0], blob.shape[1], field.rank() == 3 ? blob.shape[2] : 1,
              Bytes(blob.bytes.begin(), blob.bytes.end())};
  const bool fits =
      field.dtype == DType::kUInt8 && (field.rank() == 2 || field.rank() == 3) &&
      (image.channels == 1 || image.channels == 3) &&
      image.pixels.size() == static_cast<size_t>(image.height * image.width * image.channels);
  if (!fits) throw Error(ErrorCode::kUnsupported, "raw values are shown as uint8 HW or HWC only");
  return image;
}

// The middle z slice of channel 0, as gray. float16 is feature channel 0: 0..1.
Image middle_slice(const BlobView& blob) {
  const BrickVolume volume = parse_bricks(blob.bytes);
  const auto [z, y, x] = volume.shape().size_zyx;
  const Box slice{{z / 2, 0, 0}, {1, y, x}};
  const auto pixels = static_cast<size_t>(y * x);
  const size_t voxel_bytes = dtype_size(volume.shape().dtype);
  Bytes voxels(pixels * voxel_bytes * static_cast<size_t>(volume.shape().channels));
  read_region(volume, blob.bytes, slice, voxels);
  Image image{y, x, 1, Bytes(pixels)};
  for (size_t i = 0; i < pixels; ++i) {
    if (volume.shape().dtype == DType::kFloat16) {
      const float value = half_to_float(load_le<uint16_t>(&voxels[2 * i]));
      image.pixels[i] = static_cast<uint8_t>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
    } else if (volume.shape().dtype == DType::kUInt16) {
      image.pixels[i] = static_cast<uint8_t>((load_le<uint16_t>(&voxels[2 * i]) + 128) / 257);
    } else {
      image.pixels[i] = voxels[i];
    }
  }
  return image;
}

// Tints the pixels of `gray` where the slice of labels is not 0.
Image overlay_labels(const Image& gray, const Image& labels) {
  Image out = make_canvas(gray.height, gray.width, 0);
  draw_image(out, gray, 0, 0);
  if (labels.height != gray.height || labels.width != gray.width) return out;
  for (size_t i = 0; i < labels.pixels.size(); ++i) {
    if (labels.pixels[i] == 0) continue;
    const size_t channel = labels.pixels[i] == 1 ? 0 : 2;
    uint8_t& value = out.pixels[3 * i + channel];
    value = static_cast<uint8_t>(128 + value / 2);
  }
  return out;
}

Image picture_of(const PackedSplit& split, const Schema& schema, uint64_t sample_id, size_t field) {
  const BlobView blob = split.blob(sample_id, field);
  if (blob.codec == Codec::kRaw) return raw_image(schema.fields[field], blob);
  if (blob.codec != Codec::kBricks) return decode_image(blob.bytes);
  const Image slice = middle_slice(blob);
  const auto label = schema.find(kLabelField);
  if (!label || schema.fields[*label].storage != Storage::kBlob || *label == field) return slice;
  return overlay_labels(slice, middle_slice(split.blob(sample_id, *label)));
}

size_t shown_field(const Schema& schema) {
  for (const char* name : {kImageField, kFeaturesField}) {
    if (const auto found = schema.find(name)) return *found;
  }
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    if (schema.fields[f].storage == Storage::kBlob) return f;
  }
  throw Error(ErrorCode::kInvalidArgument, "expected images or volumes to show, found neither");
}

std::string caption_of(const PackedDataset& dataset, const PackedSplit& split, uint64_t id) {
  const std::string name = class_of(dataset, split, id);
  return name.empty() ? std::string(split.sample_name(id)) : name;
}

Image fitted(const Image& picture) {
  const ImageSize size = fit_max_side({picture.height, picture.width}, kMontageTile);
  if (size == ImageSize{picture.height, picture.width}) return picture;
  return resize_area(picture, size);
}

}  // namespace

Image draw_montage(const PackedDataset& dataset, const PackedSplit& split) {
  const size_t field = shown_field(dataset.schema());
  const auto tiles =
      std::min<uint64_t>(split.sample_count(), uint64_t{kMontageColumns * kMontageRows});
  const int64_t rows = (static_cast<int64_t>(tiles) + kMontageColumns - 1) / kMontageColumns;
  constexpr int64_t kStepX = kMontageTile + kGap;
  constexpr int64_t kStepY = kMontageTile + kTextHeight + kGap;
  Image canvas = make_canvas(std::max<int64_t>(1, rows) * kStepY + kGap,
                             kMontageColumns * kStepX + kGap, kBackground);
  run_parallel(tiles, [&](uint64_t tile) {
    const uint64_t id = tile * split.sample_count() / tiles;
    const Image picture = fitted(picture_of(split, dataset.schema(), id, field));
    const int64_t y = kGap + static_cast<int64_t>(tile) / kMontageColumns * kStepY;
    const int64_t x = kGap + static_cast<int64_t>(tile) % kMontageColumns * kStepX;
    draw_image(canvas, picture, y, x);  // tiles share no pixel
    draw_text(canvas, caption_of(dataset, split, id), y + kMontageTile, x, kMontageTile);
  });
  return canvas;
}

}  // namespace stoker
