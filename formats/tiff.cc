#include "formats/tiff.h"

#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "formats/tiff_label.h"
#include "formats/tiff_page.h"
#include "formats/tiff_stack_pages.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/image/tiff_handle.h"

namespace stoker {
namespace {

// Planes a task decodes with one libtiff handle: opening one costs about as much as a small page.
constexpr uint64_t kPlanesPerTask = 16;

// A page of labels that are stored otherwise.
uint64_t decode_label_plane(TiffHandle& handle, ByteSpan file, const TiffPage& page,
                            uint64_t offset_bytes, std::span<uint8_t> out) {
  check_tiff_claim(page, page.height, page.width, 1, file.size(), offset_bytes);
  thread_local Bytes stored;
  stored.resize(page.height * page.row_bytes());
  const uint64_t absent = decode_tiff_page(handle, page, file, offset_bytes, stored.data());
  labels_from_page(page, stored, out.data());
  return absent;
}

// Returns how many of its strips or tiles were absent.
uint64_t decode_plane(TiffHandle& handle, ByteSpan file, const TiffStackInfo& info,
                      const TiffPlane& plane, std::span<uint8_t> out) {
  const uint64_t offset = plane.directory_bytes;
  const TiffPage page = read_tiff_page(handle, offset, info.content);
  check_same_page(info, page, offset);
  if (info.contiguous) {
    const uint64_t start = contiguous_start(handle, page, info.planes.size(), file.size(), offset);
    std::memcpy(out.data(), file.data() + start + plane.plane * out.size(), out.size());
    if (info.dtype == DType::kUInt16 && TIFFIsByteSwapped(handle.get()) != 0) {
      TIFFSwabArrayOfShort(reinterpret_cast<uint16_t*>(out.data()),
                           static_cast<tmsize_t>(out.size() / 2));
    }
    return 0;
  }
  if (!page.is_stored_as_voxels()) return decode_label_plane(handle, file, page, offset, out);
  return decode_tiff_page(handle, page, file, offset, out.data());
}

template <typename Voxel>
Volume<Voxel> decode_as(ByteSpan file) {
  const TiffStackInfo info = probe_tiff(file);
  if (dtype_size(info.dtype) != sizeof(Voxel)) {
    throw unsupported_tiff("expected voxels of " + std::to_string(8 * sizeof(Voxel)) +
                               " bits, found " + std::to_string(8 * dtype_size(info.dtype)),
                           info.planes[0].directory_bytes);
  }
  Volume<Voxel> volume;
  volume.size_zyx = info.size_zyx;
  volume.voxels.resize(info.volume_bytes() / sizeof(Voxel));
  decode_tiff({&file, 1}, info,
              {reinterpret_cast<uint8_t*>(volume.voxels.data()), info.volume_bytes()});
  return volume;
}

}  // namespace

uint64_t decode_tiff_planes(std::span<const ByteSpan> files, const TiffStackInfo& info,
                            uint64_t first_plane, uint64_t plane_count, std::span<uint8_t> out) {
  std::unique_ptr<TiffHandle> handle;
  uint32_t open_file = 0;
  const uint64_t plane_bytes = info.plane_bytes();
  uint64_t absent = 0;
  for (uint64_t i = 0; i < plane_count; ++i) {
    const TiffPlane& plane = info.planes[first_plane + i];
    try {
      if (!handle || plane.file != open_file) {
        handle = std::make_unique<TiffHandle>(files[plane.file]);
        open_file = plane.file;
      }
      absent += decode_plane(*handle, files[plane.file], info, plane,
                             out.subspan(i * plane_bytes, plane_bytes));
    } catch (const Error& error) {
      throw at_page(error, first_plane + i);
    }
  }
  return absent;
}

void decode_tiff(std::span<const ByteSpan> files, const TiffStackInfo& info,
                 std::span<uint8_t> out) {
  const uint64_t planes = info.planes.size();
  run_parallel((planes + kPlanesPerTask - 1) / kPlanesPerTask, [&](uint64_t task) {
    const uint64_t first = task * kPlanesPerTask;
    const uint64_t count = std::min(kPlanesPerTask, planes - first);
    decode_tiff_planes(files, info, first, count,
                       out.subspan(first * info.plane_bytes(), count * info.plane_bytes()));
  });
}

Volume<uint8_t> decode_tiff_u8(ByteSpan file) {
  return decode_as<uint8_t>(file);
}

Volume<uint16_t> decode_tiff_u16(ByteSpan file) {
  return decode_as<uint16_t>(file);
}

}  // namespace stoker
