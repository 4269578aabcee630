#include "formats/labelled_volume.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <numeric>
#include <optional>
#include <vector>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/volume/brick_encoder.h"

namespace stoker {
namespace {

void check_sides(const TiffVolume& volume) {
  const Zyx& size = volume.info.size_zyx;
  if (*std::max_element(size.begin(), size.end()) <= kMaxVolumeSide) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("expected at most {} voxels along each axis, found {} (z, y, x); cut the "
                          "volume into pieces",
                          kMaxVolumeSide, fmt::join(size, " x ")),
              volume.path);
}

// A file that was listed and is not there is a fault of this volume, not of the machine.
[[noreturn]] void refuse_missing(const Error& error) {
  const std::filesystem::path path = error.path();
  std::error_code failed;
  const std::filesystem::path target = std::filesystem::read_symlink(path, failed);
  throw Error(ErrorCode::kCorrupt,
              failed ? error.message() : "is a link to " + target.string() + ", which is not there",
              error.path());
}

// Opens, and starts reading the files into the page cache while earlier volumes are decoded.
TiffVolume open_volume(const std::filesystem::path& path, TiffContent content) {
  try {
    TiffVolume volume = open_tiff_volume(path, content);
    check_sides(volume);
    for (const MappedFile& file : volume.files)
      file.will_need(0, file.size());
    return volume;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    refuse_missing(error);
  }
}

bool any_nonzero(ByteSpan voxels) {
  return std::any_of(voxels.begin(), voxels.end(), [](uint8_t voxel) { return voxel != 0; });
}

// Voxels of one width as the other.
void convert_voxels(ByteSpan from, DType from_dtype, std::span<uint8_t> to) {
  if (from_dtype == DType::kUInt16) {
    const auto* wide = reinterpret_cast<const uint16_t*>(from.data());
    for (size_t i = 0; i < to.size(); ++i)
      to[i] = narrow_voxel(wide[i]);
  } else {
    auto* wide = reinterpret_cast<uint16_t*>(to.data());
    for (size_t i = 0; i < from.size(); ++i)
      wide[i] = widen_voxel(from[i]);
  }
}

// One of the two volumes, on its way from planes to what is wanted of it.
class VolumeSide {
 public:
  VolumeSide(const TiffVolume& tiff, DType dtype, BrickContent content, Bytes* voxels,
             Bytes* bricks)
      : tiff_(tiff), dtype_(dtype), voxels_(voxels) {
    const VolumeShape shape{tiff.info.size_zyx, 1, dtype};
    if (voxels != nullptr) voxels->resize(shape.byte_count());
    if (bricks != nullptr) bricks_.emplace(shape, content, *bricks);
  }

  // The voxels of planes box.begin_zyx[0] and on, valid until this thread's next call of any side.
  ByteSpan take_layer(uint64_t layer, const Box& box) {
    thread_local Bytes planes;
    thread_local Bytes unconverted;
    const auto first = static_cast<uint64_t>(box.begin_zyx[0]);
    const auto count = static_cast<uint64_t>(box.size_zyx[0]);
    const uint64_t stored_bytes = tiff_.info.plane_bytes();
    const uint64_t plane_bytes = stored_bytes / dtype_size(tiff_.info.dtype) * dtype_size(dtype_);
    std::span<uint8_t> out;
    if (voxels_ != nullptr) {
      out = std::span(*voxels_).subspan(first * plane_bytes, count * plane_bytes);
    } else {
      planes.resize(count * plane_bytes);
      out = planes;
    }
    if (tiff_.info.dtype == dtype_) {
      absent_ += decode_tiff_planes(tiff_, first, count, out);
    } else {
      unconverted.resize(count * stored_bytes);
      absent_ += decode_tiff_planes(tiff_, first, count, unconverted);
      convert_voxels(unconverted, tiff_.info.dtype, out);
    }
    try {
      if (bricks_) bricks_->encode(layer, out);
    } catch (const Error& error) {
      throw error.at(tiff_.path);
    }
    return out;
  }

  void finish() {
    if (bricks_) bricks_->finish();
  }
  TiffRemarks remarks() const { return {absent_, tiff_.info.asides}; }

 private:
  const TiffVolume& tiff_;
  DType dtype_;
  Bytes* voxels_;
  std::optional<BrickLayers> bricks_;
  std::atomic<uint64_t> absent_{0};
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

std::array<int32_t, 6> nonzero_box_of_layer(const Box& layer, DType dtype, ByteSpan voxels_zyx) {
  std::array<int32_t, 6> box = nonzero_box(layer.size_zyx, dtype, voxels_zyx);
  if (box[3] == 0) return box;
  box[0] += static_cast<int32_t>(layer.begin_zyx[0]);
  box[3] += static_cast<int32_t>(layer.begin_zyx[0]);
  return box;
}

bool is_about_the_volume(const Error& error) {
  return error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported;
}

// A page of another size, a thumbnail perhaps, explains a count of pages that is not the same:
// then it is what is told of.
void check_same_size(const TiffVolume& image, const TiffVolume& label) {
  if (image.info.size_zyx == label.info.size_zyx) return;
  check_all_pages(image);
  check_all_pages(label);
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("label is {} voxels (z, y, x), its image is {}",
                  fmt::join(label.info.size_zyx, " x "), fmt::join(image.info.size_zyx, " x ")),
      label.path);
}

}  // namespace

LabelledFacts read_labelled_volume(const VolumeItem& item, DType voxels,
                                   const LabelledOutputs& outputs) {
  const bool wants_label = outputs.label_bricks != nullptr || outputs.label_voxels != nullptr;
  if (wants_label && item.label.empty()) {
    throw Error(ErrorCode::kCorrupt,
                "expected a label volume beside this image, found none (--no-labels packs images "
                "alone)",
                item.image.string());
  }
  const TiffVolume image = open_volume(item.image, TiffContent::kIntensity);
  std::optional<TiffVolume> label;
  if (wants_label) {
    label = open_volume(item.label, TiffContent::kLabel);
    check_same_size(image, *label);
  }
  const Zyx size = image.info.size_zyx;
  VolumeSide images(image, voxels, BrickContent::kIntensity, outputs.image_voxels,
                    outputs.image_bricks);
  std::optional<VolumeSide> labels;
  if (label) {
    labels.emplace(*label, DType::kUInt8, BrickContent::kLabel, outputs.label_voxels,
                   outputs.label_bricks);
  }
  const BrickGrid grid(size);
  const auto layers = static_cast<uint64_t>(grid.grid_zyx[0]);
  std::vector<std::array<int32_t, 6>> boxes(layers);
  std::vector<std::optional<Error>> faults(layers);
  run_parallel(layers, [&](uint64_t layer) {
    Box box = grid.box({static_cast<int64_t>(layer), 0, 0});
    box.size_zyx[1] = size[1];
    box.size_zyx[2] = size[2];
    try {
      boxes[layer] = nonzero_box_of_layer(box, voxels, images.take_layer(layer, box));
      if (labels) labels->take_layer(layer, box);
    } catch (const Error& error) {
      if (!is_about_the_volume(error)) throw;
      faults[layer] = error;
    }
  });
  for (const std::optional<Error>& fault : faults) {
    if (fault) throw *fault;
  }
  images.finish();
  LabelledFacts facts;
  facts.size_zyx = size;
  facts.nonzero_box =
      std::accumulate(boxes.begin(), boxes.end(), std::array<int32_t, 6>{}, join_boxes);
  facts.image_widened = image.info.dtype == DType::kUInt8 && voxels == DType::kUInt16;
  facts.image = images.remarks();
  if (labels) {
    labels->finish();
    facts.label = labels->remarks();
  }
  return facts;
}

std::array<int32_t, 6> nonzero_box(const Zyx& size_zyx, DType dtype, ByteSpan voxels_zyx) {
  // Bytes along x stand for voxels: a voxel is 0 where all its bytes are.
  const auto voxel_bytes = static_cast<int64_t>(dtype_size(dtype));
  const int64_t depth = size_zyx[0];
  const int64_t height = size_zyx[1];
  const int64_t width = size_zyx[2] * voxel_bytes;
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
  return {narrow(z_begin), narrow(y_begin), narrow(x_begin / voxel_bytes),
          narrow(z_end),   narrow(y_end),   narrow((x_end + voxel_bytes - 1) / voxel_bytes)};
}

}  // namespace stoker
