#include "tools/labelled_volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/brick_encoder.h"

namespace stoker {
namespace {

// Opens, and starts reading the files into the page cache while earlier volumes are decoded.
TiffVolume open_8_bit(const std::filesystem::path& path) {
  TiffVolume volume = open_tiff_volume(path);
  try {
    require_8_bit(volume.info);
  } catch (const Error& error) {
    throw error.at(volume.path);
  }
  for (const MappedFile& file : volume.files)
    file.will_need(0, file.size());
  return volume;
}

bool any_nonzero(ByteSpan voxels) {
  return std::any_of(voxels.begin(), voxels.end(), [](uint8_t voxel) { return voxel != 0; });
}

// One of the two volumes, on its way from planes to what is wanted of it.
class VolumeSide {
 public:
  VolumeSide(const TiffVolume& tiff, BrickContent content, Bytes* voxels, Bytes* bricks)
      : tiff_(tiff), voxels_(voxels) {
    if (voxels != nullptr) voxels->resize(tiff.info.volume_bytes());
    if (bricks != nullptr) {
      bricks_.emplace(VolumeShape{tiff.info.size_zyx, 1, DType::kUInt8}, content, *bricks);
    }
  }

  // The voxels of planes box.begin_zyx[0] and on, valid until this thread's next call of any side.
  ByteSpan take_layer(uint64_t layer, const Box& box) {
    thread_local Bytes planes;
    const auto first = static_cast<uint64_t>(box.begin_zyx[0]);
    const auto count = static_cast<uint64_t>(box.size_zyx[0]);
    const uint64_t plane_bytes = tiff_.info.plane_bytes();
    std::span<uint8_t> out;
    if (voxels_ != nullptr) {
      out = std::span(*voxels_).subspan(first * plane_bytes, count * plane_bytes);
    } else {
      planes.resize(count * plane_bytes);
      out = planes;
    }
    try {
      decode_tiff_planes(tiff_.bytes, tiff_.info, first, count, out);
      if (bricks_) bricks_->encode(layer, out);
    } catch (const Error& error) {
      throw error.at(tiff_.path);
    }
    return out;
  }

  void finish() {
    if (bricks_) bricks_->finish();
  }

 private:
  const TiffVolume& tiff_;
  Bytes* voxels_;
  std::optional<BrickLayers> bricks_;
};

// The smallest box around both, of which either may be empty.
std::array<int32_t, 6> join_boxes(const std::array<int32_t, 6>& a,
                                  const std::array<int32_t, 6>& b) {
  if (a[3] == 0) return b;
  if (b[3] == 0) return a;
  std::array<int32_t, 6> box{};
  for (size_t axis = 0; axis < 3; ++axis) {
    box[axis] = std::min(a[axis], b[axis]);
    box[axis + 3] = std::max(a[axis + 3], b[axis + 3]);
  }
  return box;
}

std::array<int32_t, 6> nonzero_box_of_layer(const Box& layer, ByteSpan voxels_zyx) {
  std::array<int32_t, 6> box = nonzero_box(layer.size_zyx, voxels_zyx);
  if (box[3] == 0) return box;
  box[0] += static_cast<int32_t>(layer.begin_zyx[0]);
  box[3] += static_cast<int32_t>(layer.begin_zyx[0]);
  return box;
}

bool is_about_the_volume(const Error& error) {
  return error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported;
}

}  // namespace

LabelledFacts read_labelled_volume(const VolumeItem& item, const LabelledOutputs& outputs) {
  if (item.label.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected a label volume beside this image, found none",
                item.image.string());
  }
  const TiffVolume image = open_8_bit(item.image);
  const TiffVolume label = open_8_bit(item.label);
  const Zyx size = image.info.size_zyx;
  if (size != label.info.size_zyx) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("label is {} voxels (z, y, x), its image is {}",
                            fmt::join(label.info.size_zyx, " x "), fmt::join(size, " x ")),
                label.path);
  }
  VolumeSide images(image, BrickContent::kIntensity, outputs.image_voxels, outputs.image_bricks);
  VolumeSide labels(label, BrickContent::kLabel, outputs.label_voxels, outputs.label_bricks);
  const BrickGrid grid(size);
  const auto layers = static_cast<uint64_t>(grid.grid_zyx[0]);
  std::vector<std::array<int32_t, 6>> boxes(layers);
  std::vector<std::optional<Error>> faults(layers);
  run_parallel(layers, [&](uint64_t layer) {
    Box box = grid.box({static_cast<int64_t>(layer), 0, 0});
    box.size_zyx[1] = size[1];
    box.size_zyx[2] = size[2];
    try {
      boxes[layer] = nonzero_box_of_layer(box, images.take_layer(layer, box));
      labels.take_layer(layer, box);
    } catch (const Error& error) {
      if (!is_about_the_volume(error)) throw;
      faults[layer] = error;
    }
  });
  for (const std::optional<Error>& fault : faults) {
    if (fault) throw *fault;
  }
  images.finish();
  labels.finish();
  return {size, std::accumulate(boxes.begin(), boxes.end(), std::array<int32_t, 6>{}, join_boxes)};
}

std::array<int32_t, 6> nonzero_box(const Zyx& size_zyx, ByteSpan voxels_zyx) {
  const int64_t depth = size_zyx[0];
  const int64_t height = size_zyx[1];
  const int64_t width = size_zyx[2];
  const auto row = [&](int64_t z, int64_t y) {
    return voxels_zyx.subspan(static_cast<size_t>((z * height + y) * width),
                              static_cast<size_t>(width));
  };
  const auto plane_is_empty = [&](int64_t z) {
    return !any_nonzero(voxels_zyx.subspan(static_cast<size_t>(z * height * width),
                                           static_cast<size_t>(height * width)));
  };
  int64_t z_begin = 0;
  int64_t z_end = depth;
  while (z_begin < depth && plane_is_empty(z_begin))
    ++z_begin;
  if (z_begin == depth) return {};
  while (plane_is_empty(z_end - 1))
    --z_end;
  const auto column_is_empty = [&](int64_t y) {  // of rows, along z
    for (int64_t z = z_begin; z < z_end; ++z) {
      if (any_nonzero(row(z, y))) return false;
    }
    return true;
  };
  int64_t y_begin = 0;
  int64_t y_end = height;
  while (column_is_empty(y_begin))
    ++y_begin;
  while (column_is_empty(y_end - 1))
    --y_end;
  // Along x, every row is looked at only where it can still widen the box.
  int64_t x_begin = width;
  int64_t x_end = 0;
  for (int64_t z = z_begin; z < z_end; ++z) {
    for (int64_t y = y_begin; y < y_end; ++y) {
      const uint8_t* voxels = row(z, y).data();
      for (int64_t x = 0; x < x_begin; ++x) {
        if (voxels[x] != 0) x_begin = x;
      }
      for (int64_t x = width; x > x_end; --x) {
        if (voxels[x - 1] != 0) x_end = x;
      }
    }
  }
  const auto narrow = [](int64_t value) { return static_cast<int32_t>(value); };
  return {narrow(z_begin), narrow(y_begin), narrow(x_begin),
          narrow(z_end),   narrow(y_end),   narrow(x_end)};
}

}  // namespace stoker
