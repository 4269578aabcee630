// Small packed splits of drawn images, on disk under the test's own temporary folder.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "libdata/image/image_codec.h"
#include "libdata/image/jpeg.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/shard_writer.h"
#include "tests/temp_folder.h"

namespace stoker {

// A sample as it goes into the shard. Its label is its number in the split.
struct StoredImage {
  Bytes bytes;
  Codec codec = Codec::kJpeg;
  Extents shape{};
};

// Pixel (y, x, c) of image `number` is a smooth function of all four.
inline Image drawn_image(int64_t number, int64_t height, int64_t width, int64_t channels) {
  Image image{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        image.pixels.push_back(static_cast<uint8_t>(
            128 + (((y * 5 + number * 11) % 97) + ((x * (3 + c) + number * 7) % 101)) / 2 - 50));
  return image;
}

inline Extents shape_of(const Image& image) {
  return {static_cast<uint32_t>(image.height), static_cast<uint32_t>(image.width),
          static_cast<uint32_t>(image.channels), 0};
}

inline StoredImage stored_jpeg(const Image& image) {
  return {encode_jpeg(image), Codec::kJpeg, shape_of(image)};
}
inline StoredImage stored_raw(const Image& image) {
  return {image.pixels, Codec::kRaw, shape_of(image)};
}
inline StoredImage stored_png(const Image& image) {
  return {encode_png(image), Codec::kPng, shape_of(image)};
}

class ImageSplitTest : public FolderTest {
 protected:
  static Schema schema() {
    Field image;
    image.name = "image";
    image.axes = "HWC";
    image.color = "any";
    Field label;
    label.name = "label";
    label.storage = Storage::kInline;
    label.dtype = DType::kInt32;
    return {{image, label}};
  }

  // Spreads the images over shards of `per_shard` samples.
  PackedSplit write_split(const std::vector<StoredImage>& images, size_t per_shard) {
    std::vector<ShardReader> shards;
    const uint32_t count = static_cast<uint32_t>((images.size() + per_shard - 1) / per_shard);
    for (uint32_t s = 0; s < count; ++s) {
      ShardHeader header;
      header.shard_index = s;
      header.shard_count = count;
      const auto path = folder_ / shard_file_name("train", s, count);
      ShardWriter writer(path, header, schema());
      for (size_t i = s * per_shard; i < std::min(images.size(), (s + 1) * per_shard); ++i) {
        const int32_t label = static_cast<int32_t>(i);
        std::array<FieldValue, 2> values;
        values[0].bytes = images[i].bytes;
        values[0].codec = images[i].codec;
        values[0].shape = images[i].shape;
        values[0].original_shape = images[i].shape;
        values[1].bytes = {reinterpret_cast<const uint8_t*>(&label), sizeof(label)};
        writer.append("sample_" + std::to_string(i), values);
      }
      ShardMeta meta;
      meta.split = "train";
      writer.finish(meta);
      shards.emplace_back(path);
    }
    return PackedSplit("train", std::move(shards));
  }

  // Every kind the loader meets: JPEG, raw, PNG, gray, tall, tiny.
  static std::vector<StoredImage> mixed_images(int64_t count) {
    std::vector<StoredImage> images;
    for (int64_t i = 0; i < count; ++i) {
      const Image image = drawn_image(i, 20 + i % 37, 24 + i % 23, i % 5 == 4 ? 1 : 3);
      images.push_back(i % 3 == 0   ? stored_raw(image)
                       : i % 7 == 1 ? stored_png(image)
                                    : stored_jpeg(image));
    }
    return images;
  }
};

}  // namespace stoker
