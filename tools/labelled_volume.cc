#include "tools/labelled_volume.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"

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

void decode(const TiffVolume& volume, Bytes& voxels) {
  voxels.resize(volume.info.volume_bytes());
  decode_tiff(volume, voxels);
}

bool any_nonzero(ByteSpan voxels) {
  return std::any_of(voxels.begin(), voxels.end(), [](uint8_t voxel) { return voxel != 0; });
}

}  // namespace

Zyx read_labelled_volume(const VolumeItem& item, Bytes& image_zyx, Bytes& label_zyx) {
  if (item.label.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected a label volume beside this image, found none",
                item.image.string());
  }
  const TiffVolume image = open_8_bit(item.image);
  const TiffVolume label = open_8_bit(item.label);
  if (image.info.size_zyx != label.info.size_zyx) {
    throw Error(
        ErrorCode::kCorrupt,
        fmt::format("label is {} voxels (z, y, x), its image is {}",
                    fmt::join(label.info.size_zyx, " x "), fmt::join(image.info.size_zyx, " x ")),
        label.path);
  }
  decode(image, image_zyx);
  decode(label, label_zyx);
  return image.info.size_zyx;
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
