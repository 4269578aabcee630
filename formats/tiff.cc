#include "formats/tiff.h"

#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "formats/tiff_directory.h"
#include "formats/tiff_page.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"
#include "libdata/image/tiff_handle.h"

namespace stoker {
namespace {

// Planes a task decodes with one libtiff handle: opening one costs about as much as a small page.
constexpr uint64_t kPlanesPerTask = 16;

// Where the planes of a single-directory stack start: right after its first plane's first byte,
// provided they are stored plain and in one piece.
uint64_t contiguous_start(TiffHandle& handle, const TiffPage& page, uint64_t plane_count,
                          uint64_t file_bytes, uint64_t offset_bytes) {
  TIFF* tiff = handle.get();
  uint16_t fill_order = FILLORDER_MSB2LSB;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_FILLORDER, &fill_order);
  const bool plain = page.compression == COMPRESSION_NONE && TIFFIsTiled(tiff) == 0 &&
                     fill_order == FILLORDER_MSB2LSB;
  const uint64_t start = plain ? TIFFGetStrileOffset(tiff, 0) : 0;
  uint64_t expected = start;
  const uint32_t strips = plain ? TIFFNumberOfStrips(tiff) : 0;
  bool in_one_piece = start != 0;
  for (uint32_t strip = 0; strip < strips && in_one_piece; ++strip) {
    in_one_piece = TIFFGetStrileOffset(tiff, strip) == expected;
    expected += TIFFGetStrileByteCount(tiff, strip);
  }
  if (!in_one_piece) {
    throw unsupported_tiff("its description promises " + std::to_string(plane_count) +
                               " planes, but the file has one page and that is not stored plain",
                           offset_bytes);
  }
  const unsigned __int128 end =
      static_cast<unsigned __int128>(page.height) * page.row_bytes() * plane_count + start;
  if (end > file_bytes) {
    throw Error(ErrorCode::kCorrupt,
                "its description promises " + std::to_string(plane_count) +
                    " planes, but the file ends before the last; is it cut short?",
                "", offset_bytes);
  }
  return start;
}

std::string description_of(TIFF* tiff) {
  const char* text = nullptr;
  return TIFFGetField(tiff, TIFFTAG_IMAGEDESCRIPTION, &text) == 1 && text != nullptr ? text : "";
}

void set_first_page(TiffStackInfo& info, const TiffPage& page) {
  info.size_zyx = {0, static_cast<int64_t>(page.height), static_cast<int64_t>(page.width)};
  info.dtype = page.dtype;
  info.compression = page.codec_name();
}

void check_same_page(const TiffStackInfo& info, const TiffPage& page, const std::string& which,
                     uint64_t offset_bytes) {
  if (page.height == static_cast<uint64_t>(info.size_zyx[1]) &&
      page.width == static_cast<uint64_t>(info.size_zyx[2]) && page.dtype == info.dtype) {
    return;
  }
  const auto text = [](uint64_t height, uint64_t width, DType dtype) {
    return std::to_string(height) + " x " + std::to_string(width) + " " +
           std::string(dtype_name(dtype));
  };
  throw Error(ErrorCode::kCorrupt,
              "expected every page to be " +
                  text(static_cast<uint64_t>(info.size_zyx[1]),
                       static_cast<uint64_t>(info.size_zyx[2]), info.dtype) +
                  " as the first is, found " + which + " of " +
                  text(page.height, page.width, page.dtype),
              "", offset_bytes);
}

TiffStackInfo probe_single_file(ByteSpan file) {
  const std::vector<uint64_t> offsets = tiff_directory_offsets(file);
  TiffHandle handle(file);
  const TiffPage page = read_tiff_page(handle, offsets[0]);
  TiffStackInfo info;
  set_first_page(info, page);

  const auto described = parse_stack_description(description_of(handle.get()));
  if (described && described->several_axes) {
    throw unsupported_tiff("expected one volume, found a stack of several channels or time points",
                           offsets[0]);
  }
  const uint64_t promised = described ? described->plane_count : 1;
  info.contiguous = promised > 1 && offsets.size() == 1;
  if (promised > 1 && offsets.size() > 1 && promised != offsets.size()) {
    throw Error(ErrorCode::kCorrupt,
                "its description promises " + std::to_string(promised) + " planes, found " +
                    std::to_string(offsets.size()) + " pages",
                "", offsets[0]);
  }
  const uint64_t planes = info.contiguous ? promised : offsets.size();
  check_tiff_claim(page, page.height, page.width, planes, file.size(), offsets[0]);
  if (info.contiguous) contiguous_start(handle, page, planes, file.size(), offsets[0]);

  info.planes.reserve(planes);
  for (uint64_t z = 0; z < planes; ++z) {
    info.planes.push_back(info.contiguous ? TiffPlane{0, static_cast<uint32_t>(z), offsets[0]}
                                          : TiffPlane{0, 0, offsets[z]});
  }
  info.size_zyx[0] = static_cast<int64_t>(planes);
  return info;
}

TiffStackInfo probe_series(std::span<const ByteSpan> files) {
  TiffStackInfo info;
  for (size_t i = 0; i < files.size(); ++i) {
    const std::vector<uint64_t> offsets = tiff_directory_offsets(files[i]);
    const std::string which = "file " + std::to_string(i + 1) + " of the series";
    if (offsets.size() != 1) {
      throw unsupported_tiff("expected one page a file in a series of TIFFs, found " +
                                 std::to_string(offsets.size()) + " in " + which,
                             offsets[0]);
    }
    TiffHandle handle(files[i]);
    const TiffPage page = read_tiff_page(handle, offsets[0]);
    if (i == 0) set_first_page(info, page);
    check_same_page(info, page, which, offsets[0]);
    check_tiff_claim(page, page.height, page.width, 1, files[i].size(), offsets[0]);
    info.planes.push_back({static_cast<uint32_t>(i), 0, offsets[0]});
  }
  info.size_zyx[0] = static_cast<int64_t>(files.size());
  return info;
}

void decode_plane(TiffHandle& handle, ByteSpan file, const TiffStackInfo& info,
                  const TiffPlane& plane, uint64_t z, std::span<uint8_t> out) {
  const uint64_t offset = plane.directory_bytes;
  const TiffPage page = read_tiff_page(handle, offset);
  check_same_page(info, page, "page " + std::to_string(z), offset);
  if (info.contiguous) {
    const uint64_t start = contiguous_start(handle, page, info.planes.size(), file.size(), offset);
    std::memcpy(out.data(), file.data() + start + plane.plane * out.size(), out.size());
    if (info.dtype == DType::kUInt16 && TIFFIsByteSwapped(handle.get()) != 0) {
      TIFFSwabArrayOfShort(reinterpret_cast<uint16_t*>(out.data()),
                           static_cast<tmsize_t>(out.size() / 2));
    }
  } else {
    decode_tiff_page(handle, page, file, offset, out.data());
  }
}

template <typename Voxel>
Volume<Voxel> decode_as(ByteSpan file) {
  const TiffStackInfo info = probe_tiff(file);
  if (dtype_size(info.dtype) != sizeof(Voxel)) {
    if (sizeof(Voxel) == 1) require_8_bit(info);
    throw unsupported_tiff("expected 16-bit voxels, found 8-bit", info.planes[0].directory_bytes);
  }
  Volume<Voxel> volume;
  volume.size_zyx = info.size_zyx;
  volume.voxels.resize(info.volume_bytes() / sizeof(Voxel));
  decode_tiff({&file, 1}, info,
              {reinterpret_cast<uint8_t*>(volume.voxels.data()), info.volume_bytes()});
  return volume;
}

}  // namespace

TiffStackInfo probe_tiff(ByteSpan file) {
  return probe_single_file(file);
}

TiffStackInfo probe_tiff(std::span<const ByteSpan> files) {
  if (files.empty()) throw Error(ErrorCode::kCorrupt, "no TIFF files: a volume without planes");
  return files.size() == 1 ? probe_single_file(files[0]) : probe_series(files);
}

uint64_t tiff_voxel_bound(ByteSpan file) {
  const uint64_t first = first_tiff_directory(file);
  TiffHandle handle(file);
  const TiffPage page = read_tiff_page(handle, first);
  const auto described = parse_stack_description(description_of(handle.get()));
  uint64_t planes = described ? described->plane_count : 1;
  if (planes <= 1) {
    if (page.compression == COMPRESSION_NONE) return file.size() / dtype_size(page.dtype);
    planes = tiff_directory_offsets(file).size();
  }
  check_tiff_claim(page, page.height, page.width, planes, file.size(), first);
  return page.height * page.width * planes;
}

void decode_tiff_planes(std::span<const ByteSpan> files, const TiffStackInfo& info,
                        uint64_t first_plane, uint64_t plane_count, std::span<uint8_t> out) {
  std::unique_ptr<TiffHandle> handle;
  uint32_t open_file = 0;
  const uint64_t plane_bytes = info.plane_bytes();
  for (uint64_t i = 0; i < plane_count; ++i) {
    const TiffPlane& plane = info.planes[first_plane + i];
    if (!handle || plane.file != open_file) {
      handle = std::make_unique<TiffHandle>(files[plane.file]);
      open_file = plane.file;
    }
    decode_plane(*handle, files[plane.file], info, plane, first_plane + i,
                 out.subspan(i * plane_bytes, plane_bytes));
  }
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

void require_8_bit(const TiffStackInfo& info) {
  if (info.dtype == DType::kUInt8) return;
  throw unsupported_tiff("expected 8-bit voxels, found 16-bit; scale the volume to 0..255 first",
                         info.planes[0].directory_bytes);
}

Volume<uint8_t> decode_tiff_u8(ByteSpan file) {
  return decode_as<uint8_t>(file);
}

Volume<uint16_t> decode_tiff_u16(ByteSpan file) {
  return decode_as<uint16_t>(file);
}

}  // namespace stoker
