#include "formats/tiff.h"

#include <tiffio.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "formats/tiff_directory.h"
#include "formats/tiff_handle.h"
#include "formats/tiff_lzw.h"
#include "libdata/core/error.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

// Planes a task decodes with one libtiff handle: opening one costs about as much as a small page.
constexpr uint64_t kPlanesPerTask = 16;

// --- one page ---

uint16_t tag_u16(TIFF* tiff, uint32_t tag, uint16_t fallback) {
  uint16_t value = fallback;
  return TIFFGetField(tiff, tag, &value) == 1 ? value : fallback;
}

uint32_t tag_u32(TIFF* tiff, uint32_t tag, uint32_t fallback) {
  uint32_t value = fallback;
  return TIFFGetField(tiff, tag, &value) == 1 ? value : fallback;
}

struct Page {
  uint64_t height = 0;
  uint64_t width = 0;
  DType dtype = DType::kUInt8;
  uint16_t compression = COMPRESSION_NONE;

  uint64_t row_bytes() const { return width * dtype_size(dtype); }
};

struct CodecFacts {
  uint16_t tag;
  const char* name;
  uint64_t largest_expansion;  // bytes that one stored byte can decode to
};

const CodecFacts* find_codec(uint16_t compression) {
  static constexpr CodecFacts kCodecs[] = {
      {COMPRESSION_NONE, "none", 1},
      {COMPRESSION_LZW, "lzw", 4096},  // a code of 9 bits or more names a string of at most 4096
      {COMPRESSION_ADOBE_DEFLATE, "deflate", 1032},
      {COMPRESSION_DEFLATE, "deflate", 1032},
      {COMPRESSION_PACKBITS, "packbits", 64},  // two bytes give at most 128
  };
  for (const CodecFacts& codec : kCodecs) {
    if (codec.tag == compression) return &codec;
  }
  return nullptr;
}

Error unsupported(const std::string& message, uint64_t offset_bytes) {
  return Error(ErrorCode::kUnsupported, message, "", offset_bytes);
}

void check_pixels(TIFF* tiff, uint64_t offset_bytes) {
  const uint16_t samples = tag_u16(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  const uint16_t photometric = tag_u16(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  if (samples != 1 || photometric > PHOTOMETRIC_MINISBLACK) {
    throw unsupported("expected a gray page, found colour (" + std::to_string(samples) +
                          " samples a pixel, photometric " + std::to_string(photometric) +
                          "); convert the volume to 8-bit gray first",
                      offset_bytes);
  }
  if (photometric != PHOTOMETRIC_MINISBLACK) {
    throw unsupported("expected black as 0, found white as 0 (photometric 0); invert the volume",
                      offset_bytes);
  }
  const uint16_t format = tag_u16(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  const uint16_t bits = tag_u16(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  if ((format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID) || (bits != 8 && bits != 16)) {
    const char* kind = format == SAMPLEFORMAT_IEEEFP ? "float"
                       : format == SAMPLEFORMAT_INT  ? "signed"
                                                     : "unsigned";
    throw unsupported("expected unsigned voxels of 8 or 16 bits, found " + std::string(kind) +
                          " of " + std::to_string(bits) + " bits",
                      offset_bytes);
  }
  if (tag_u16(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT) != ORIENTATION_TOPLEFT) {
    throw unsupported("page is turned by an orientation tag; rewrite it upright", offset_bytes);
  }
  if (tag_u32(tiff, TIFFTAG_IMAGEDEPTH, 1) != 1) {
    throw unsupported("several planes a directory (ImageDepth) are not supported", offset_bytes);
  }
}

// Reads the directory at `offset_bytes` and makes it the handle's current one.
Page read_page(TiffHandle& handle, uint64_t offset_bytes) {
  TIFF* tiff = handle.get();
  if (TIFFSetSubDirectory(tiff, offset_bytes) != 1) {
    throw handle.failure("unreadable TIFF directory", offset_bytes);
  }
  check_pixels(tiff, offset_bytes);
  Page page;
  page.height = tag_u32(tiff, TIFFTAG_IMAGELENGTH, 0);
  page.width = tag_u32(tiff, TIFFTAG_IMAGEWIDTH, 0);
  page.dtype = tag_u16(tiff, TIFFTAG_BITSPERSAMPLE, 1) == 16 ? DType::kUInt16 : DType::kUInt8;
  page.compression = tag_u16(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (find_codec(page.compression) == nullptr) {
    throw unsupported("TIFF compression " + std::to_string(page.compression) +
                          " is not supported; expected none, LZW, deflate or PackBits",
                      offset_bytes);
  }
  if (page.height == 0 || page.width == 0) {
    throw Error(ErrorCode::kCorrupt, "page without pixels", "", offset_bytes);
  }
  return page;
}

// Corrupt where a file of `file_bytes` cannot hold `count` pieces of the size its page claims.
void check_claim(const Page& page, uint64_t height, uint64_t width, uint64_t count,
                 uint64_t file_bytes, uint64_t offset_bytes) {
  const unsigned __int128 claimed =
      static_cast<unsigned __int128>(height) * width * dtype_size(page.dtype) * count;
  const unsigned __int128 possible =
      static_cast<unsigned __int128>(file_bytes) * find_codec(page.compression)->largest_expansion;
  if (claimed > possible) {
    throw Error(ErrorCode::kCorrupt,
                "TIFF claims " + std::to_string(count) + " x " + std::to_string(height) + " x " +
                    std::to_string(width) + " voxels, more than its " + std::to_string(file_bytes) +
                    " bytes can hold; is the file cut short, or are its pages of different size?",
                "", offset_bytes);
  }
}

// The stored bytes of a strip that decode_tiff_lzw can take; empty where libtiff must.
ByteSpan plain_lzw_strip(TIFF* tiff, const Page& page, uint32_t strip, ByteSpan file) {
  const bool plain = page.compression == COMPRESSION_LZW &&
                     tag_u16(tiff, TIFFTAG_PREDICTOR, PREDICTOR_NONE) == PREDICTOR_NONE &&
                     tag_u16(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == FILLORDER_MSB2LSB &&
                     (page.dtype == DType::kUInt8 || TIFFIsByteSwapped(tiff) == 0);
  const uint64_t offset = plain ? TIFFGetStrileOffset(tiff, strip) : 0;
  const uint64_t size = plain ? TIFFGetStrileByteCount(tiff, strip) : 0;
  if (size == 0 || offset > file.size() || size > file.size() - offset) return {};
  const ByteSpan stored = file.subspan(offset, size);
  return is_old_lzw(stored) ? ByteSpan{} : stored;
}

void decode_strips(TiffHandle& handle, const Page& page, ByteSpan file, uint64_t offset_bytes,
                   uint8_t* out) {
  uint32_t rows_per_strip = 0;
  TIFFGetFieldDefaulted(handle.get(), TIFFTAG_ROWSPERSTRIP, &rows_per_strip);
  if (rows_per_strip == 0) throw Error(ErrorCode::kCorrupt, "strips of no rows", "", offset_bytes);
  uint32_t strip = 0;
  for (uint64_t row = 0; row < page.height; row += rows_per_strip, ++strip) {
    const uint64_t rows = std::min<uint64_t>(rows_per_strip, page.height - row);
    const uint64_t size = rows * page.row_bytes();
    const ByteSpan lzw = plain_lzw_strip(handle.get(), page, strip, file);
    try {
      if (!lzw.empty()) {
        decode_tiff_lzw(lzw, {out, size});
      } else if (TIFFReadEncodedStrip(handle.get(), strip, out, static_cast<tmsize_t>(size)) !=
                 static_cast<tmsize_t>(size)) {
        throw handle.failure("not decodable", offset_bytes);
      }
    } catch (const Error& error) {
      throw Error(error.code(), "strip " + std::to_string(strip) + ": " + error.message(), "",
                  offset_bytes);
    }
    out += size;
  }
}

void decode_tiles(TiffHandle& handle, const Page& page, uint64_t file_bytes, uint64_t offset_bytes,
                  uint8_t* out) {
  TIFF* tiff = handle.get();
  const uint64_t tile_width = tag_u32(tiff, TIFFTAG_TILEWIDTH, 0);
  const uint64_t tile_height = tag_u32(tiff, TIFFTAG_TILELENGTH, 0);
  if (tile_width == 0 || tile_height == 0 || tag_u32(tiff, TIFFTAG_TILEDEPTH, 1) != 1) {
    throw Error(ErrorCode::kCorrupt, "tiles without pixels", "", offset_bytes);
  }
  check_claim(page, tile_height, tile_width, 1, file_bytes, offset_bytes);
  const uint64_t voxel_bytes = dtype_size(page.dtype);
  const uint64_t tile_row_bytes = tile_width * voxel_bytes;
  Bytes tile(tile_height * tile_row_bytes);
  const auto size = static_cast<tmsize_t>(tile.size());
  for (uint64_t y = 0; y < page.height; y += tile_height) {
    for (uint64_t x = 0; x < page.width; x += tile_width) {
      const uint32_t index =
          TIFFComputeTile(tiff, static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0, 0);
      if (TIFFReadEncodedTile(tiff, index, tile.data(), size) != size) {
        throw handle.failure("tile " + std::to_string(index) + " cannot be decoded", offset_bytes);
      }
      const uint64_t rows = std::min(tile_height, page.height - y);
      const uint64_t bytes = std::min(tile_width, page.width - x) * voxel_bytes;
      for (uint64_t row = 0; row < rows; ++row) {
        std::memcpy(out + (y + row) * page.row_bytes() + x * voxel_bytes,
                    tile.data() + row * tile_row_bytes, bytes);
      }
    }
  }
}

// --- stacks ---

// Where the planes of a single-directory stack start: right after its first plane's first byte,
// provided they are stored plain and in one piece.
uint64_t contiguous_start(TiffHandle& handle, const Page& page, uint64_t plane_count,
                          uint64_t file_bytes, uint64_t offset_bytes) {
  TIFF* tiff = handle.get();
  const bool plain = page.compression == COMPRESSION_NONE && TIFFIsTiled(tiff) == 0 &&
                     tag_u16(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == FILLORDER_MSB2LSB;
  const uint64_t start = plain ? TIFFGetStrileOffset(tiff, 0) : 0;
  uint64_t expected = start;
  const uint32_t strips = plain ? TIFFNumberOfStrips(tiff) : 0;
  bool in_one_piece = start != 0;
  for (uint32_t strip = 0; strip < strips && in_one_piece; ++strip) {
    in_one_piece = TIFFGetStrileOffset(tiff, strip) == expected;
    expected += TIFFGetStrileByteCount(tiff, strip);
  }
  if (!in_one_piece) {
    throw unsupported("its description promises " + std::to_string(plane_count) +
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

void set_first_page(TiffStackInfo& info, const Page& page) {
  info.size_zyx = {0, static_cast<int64_t>(page.height), static_cast<int64_t>(page.width)};
  info.dtype = page.dtype;
  info.compression = find_codec(page.compression)->name;
}

void check_same_page(const TiffStackInfo& info, const Page& page, const std::string& which,
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
  const Page page = read_page(handle, offsets[0]);
  TiffStackInfo info;
  set_first_page(info, page);

  const auto described = parse_stack_description(description_of(handle.get()));
  if (described && described->several_axes) {
    throw unsupported("expected one volume, found a stack of several channels or time points",
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
  check_claim(page, page.height, page.width, planes, file.size(), offsets[0]);
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
      throw unsupported("expected one page a file in a series of TIFFs, found " +
                            std::to_string(offsets.size()) + " in " + which,
                        offsets[0]);
    }
    TiffHandle handle(files[i]);
    const Page page = read_page(handle, offsets[0]);
    if (i == 0) set_first_page(info, page);
    check_same_page(info, page, which, offsets[0]);
    check_claim(page, page.height, page.width, 1, files[i].size(), offsets[0]);
    info.planes.push_back({static_cast<uint32_t>(i), 0, offsets[0]});
  }
  info.size_zyx[0] = static_cast<int64_t>(files.size());
  return info;
}

void decode_plane(TiffHandle& handle, ByteSpan file, const TiffStackInfo& info,
                  const TiffPlane& plane, uint64_t z, std::span<uint8_t> out) {
  const uint64_t offset = plane.directory_bytes;
  const Page page = read_page(handle, offset);
  check_same_page(info, page, "page " + std::to_string(z), offset);
  if (info.contiguous) {
    const uint64_t start = contiguous_start(handle, page, info.planes.size(), file.size(), offset);
    std::memcpy(out.data(), file.data() + start + plane.plane * out.size(), out.size());
    if (info.dtype == DType::kUInt16 && TIFFIsByteSwapped(handle.get()) != 0) {
      TIFFSwabArrayOfShort(reinterpret_cast<uint16_t*>(out.data()),
                           static_cast<tmsize_t>(out.size() / 2));
    }
  } else if (TIFFIsTiled(handle.get()) != 0) {
    decode_tiles(handle, page, file.size(), offset, out.data());
  } else {
    decode_strips(handle, page, file, offset, out.data());
  }
}

template <typename Voxel>
Volume<Voxel> decode_as(ByteSpan file) {
  const TiffStackInfo info = probe_tiff(file);
  if (dtype_size(info.dtype) != sizeof(Voxel)) {
    if (sizeof(Voxel) == 1) require_8_bit(info);
    throw unsupported("expected 16-bit voxels, found 8-bit", info.planes[0].directory_bytes);
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
  throw unsupported("expected 8-bit voxels, found 16-bit; scale the volume to 0..255 first",
                    info.planes[0].directory_bytes);
}

Volume<uint8_t> decode_tiff_u8(ByteSpan file) {
  return decode_as<uint8_t>(file);
}

Volume<uint16_t> decode_tiff_u16(ByteSpan file) {
  return decode_as<uint16_t>(file);
}

}  // namespace stoker
