#include "formats/tiff_page.h"

#include <tiffio.h>

#include <algorithm>
#include <cstring>

#include "formats/tiff_directory.h"
#include "formats/tiff_label.h"
#include "formats/tiff_lzw.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

uint16_t tag_u16(TIFF* tiff, uint32_t tag, uint16_t fallback) {
  uint16_t value = fallback;
  return TIFFGetField(tiff, tag, &value) == 1 ? value : fallback;
}

uint32_t tag_u32(TIFF* tiff, uint32_t tag, uint32_t fallback) {
  uint32_t value = fallback;
  return TIFFGetField(tiff, tag, &value) == 1 ? value : fallback;
}

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

TiffSample read_sample(TIFF* tiff) {
  TiffSample sample;
  sample.bits = tag_u16(tiff, TIFFTAG_BITSPERSAMPLE, 1);
  sample.format = tag_u16(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
  sample.samples = tag_u16(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
  sample.photometric = tag_u16(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
  return sample;
}

void check_intensity(const TiffSample& sample, uint64_t offset_bytes) {
  const bool is_unsigned = sample.format == SAMPLEFORMAT_UINT || sample.format == SAMPLEFORMAT_VOID;
  const bool is_gray = sample.samples == 1 && sample.photometric <= PHOTOMETRIC_MINISBLACK;
  if (!is_gray || !is_unsigned || (sample.bits != 8 && sample.bits != 16)) {
    throw unsupported_tiff("expected gray voxels, unsigned, of 8 or 16 bits, found " +
                               kind_of(sample) + image_conversion(sample),
                           offset_bytes);
  }
  if (sample.photometric != PHOTOMETRIC_MINISBLACK) {
    throw unsupported_tiff(
        "expected black as 0, found white as 0 (photometric 0)" + image_conversion(sample),
        offset_bytes);
  }
}

void check_label(const TiffSample& sample, uint64_t offset_bytes) {
  if (sample.photometric == PHOTOMETRIC_MINISWHITE) {
    throw unsupported_tiff("expected labels with black as 0, found white as 0 (photometric 0)" +
                               label_conversion(sample),
                           offset_bytes);
  }
  const bool is_single = sample.samples == 1 && (sample.photometric == PHOTOMETRIC_MINISBLACK ||
                                                 sample.photometric == PHOTOMETRIC_PALETTE ||
                                                 sample.photometric == PHOTOMETRIC_MASK);
  if (!is_single || !can_hold_labels(sample)) {
    throw unsupported_tiff(
        "expected labels, one number a voxel, found " + kind_of(sample) + label_conversion(sample),
        offset_bytes);
  }
}

void check_layout(TIFF* tiff, uint64_t offset_bytes) {
  if (tag_u16(tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT) != ORIENTATION_TOPLEFT) {
    throw unsupported_tiff("page is turned by an orientation tag; rewrite it upright",
                           offset_bytes);
  }
  if (tag_u32(tiff, TIFFTAG_IMAGEDEPTH, 1) != 1) {
    throw unsupported_tiff("several planes a directory (ImageDepth) are not supported",
                           offset_bytes);
  }
}

// Writers of sparse files leave out what is all 0.
bool is_absent(TIFF* tiff, uint32_t piece) {
  int failed = 0;
  return TIFFGetStrileOffsetWithErr(tiff, piece, &failed) == 0 && failed == 0 &&
         TIFFGetStrileByteCountWithErr(tiff, piece, &failed) == 0 && failed == 0;
}

// libtiff fills tables that are too short with 0: those pieces are lost, not left out.
void check_piece_tables(TIFF* tiff, ByteSpan file, uint64_t offset_bytes) {
  const bool tiled = TIFFIsTiled(tiff) != 0;
  const uint32_t pieces = tiled ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  for (const uint16_t tag : {uint16_t(tiled ? TIFFTAG_TILEOFFSETS : TIFFTAG_STRIPOFFSETS),
                             uint16_t(tiled ? TIFFTAG_TILEBYTECOUNTS : TIFFTAG_STRIPBYTECOUNTS)}) {
    const uint64_t listed = tiff_value_count(file, offset_bytes, tag);
    if (listed == pieces) continue;
    throw Error(ErrorCode::kCorrupt,
                "expected a page of " + std::to_string(pieces) +
                    " strips or tiles to say where each lies, found " + std::to_string(listed) +
                    " places (tag " + std::to_string(tag) + ")",
                "", offset_bytes);
  }
}

// The stored bytes of a strip that decode_tiff_lzw can take; empty where libtiff must.
ByteSpan plain_lzw_strip(TIFF* tiff, const TiffPage& page, uint32_t strip, ByteSpan file) {
  const bool plain = page.compression == COMPRESSION_LZW &&
                     tag_u16(tiff, TIFFTAG_PREDICTOR, PREDICTOR_NONE) == PREDICTOR_NONE &&
                     tag_u16(tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB) == FILLORDER_MSB2LSB &&
                     (page.sample.bits <= 8 || TIFFIsByteSwapped(tiff) == 0);
  const uint64_t offset = plain ? TIFFGetStrileOffset(tiff, strip) : 0;
  const uint64_t size = plain ? TIFFGetStrileByteCount(tiff, strip) : 0;
  if (size == 0 || offset > file.size() || size > file.size() - offset) return {};
  const ByteSpan stored = file.subspan(offset, size);
  return is_old_lzw(stored) ? ByteSpan{} : stored;
}

uint64_t decode_strips(TiffHandle& handle, const TiffPage& page, ByteSpan file,
                       uint64_t offset_bytes, uint8_t* out) {
  uint32_t rows_per_strip = 0;
  TIFFGetFieldDefaulted(handle.get(), TIFFTAG_ROWSPERSTRIP, &rows_per_strip);
  if (rows_per_strip == 0) throw Error(ErrorCode::kCorrupt, "strips of no rows", "", offset_bytes);
  uint32_t strip = 0;
  uint64_t absent = 0;
  for (uint64_t row = 0; row < page.height; row += rows_per_strip, ++strip) {
    const uint64_t rows = std::min<uint64_t>(rows_per_strip, page.height - row);
    const uint64_t size = rows * page.row_bytes();
    const ByteSpan lzw = plain_lzw_strip(handle.get(), page, strip, file);
    try {
      if (!lzw.empty()) {
        decode_tiff_lzw(lzw, {out, size});
      } else if (is_absent(handle.get(), strip)) {
        if (absent++ == 0) check_piece_tables(handle.get(), file, offset_bytes);
        std::memset(out, 0, size);
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
  return absent;
}

uint64_t decode_tiles(TiffHandle& handle, const TiffPage& page, ByteSpan file,
                      uint64_t offset_bytes, uint8_t* out) {
  TIFF* tiff = handle.get();
  const uint64_t tile_width = tag_u32(tiff, TIFFTAG_TILEWIDTH, 0);
  const uint64_t tile_height = tag_u32(tiff, TIFFTAG_TILELENGTH, 0);
  if (tile_width == 0 || tile_height == 0 || tag_u32(tiff, TIFFTAG_TILEDEPTH, 1) != 1) {
    throw Error(ErrorCode::kCorrupt, "tiles without pixels", "", offset_bytes);
  }
  check_tiff_claim(page, tile_height, tile_width, 1, file.size(), offset_bytes);
  const uint64_t bits = page.sample.bits;
  if (tile_width * bits % 8 != 0) {
    throw Error(ErrorCode::kCorrupt, "tiles whose rows do not end with a byte", "", offset_bytes);
  }
  const uint64_t tile_row_bytes = tile_width * bits / 8;
  Bytes tile(tile_height * tile_row_bytes);
  const auto size = static_cast<tmsize_t>(tile.size());
  uint64_t absent = 0;
  for (uint64_t y = 0; y < page.height; y += tile_height) {
    for (uint64_t x = 0; x < page.width; x += tile_width) {
      const uint32_t index =
          TIFFComputeTile(tiff, static_cast<uint32_t>(x), static_cast<uint32_t>(y), 0, 0);
      if (is_absent(tiff, index)) {
        if (absent++ == 0) check_piece_tables(tiff, file, offset_bytes);
        std::fill(tile.begin(), tile.end(), uint8_t{0});
      } else if (TIFFReadEncodedTile(tiff, index, tile.data(), size) != size) {
        throw handle.failure("tile " + std::to_string(index) + " cannot be decoded", offset_bytes);
      }
      const uint64_t rows = std::min(tile_height, page.height - y);
      const uint64_t bytes = (std::min(tile_width, page.width - x) * bits + 7) / 8;
      for (uint64_t row = 0; row < rows; ++row) {
        std::memcpy(out + (y + row) * page.row_bytes() + x * bits / 8,
                    tile.data() + row * tile_row_bytes, bytes);
      }
    }
  }
  return absent;
}

}  // namespace

Error unsupported_tiff(const std::string& message, uint64_t offset_bytes) {
  return Error(ErrorCode::kUnsupported, message, "", offset_bytes);
}

std::string_view TiffPage::codec_name() const {
  return find_codec(compression)->name;
}

TiffPage read_tiff_page(TiffHandle& handle, uint64_t offset_bytes, TiffContent content) {
  TIFF* tiff = handle.get();
  if (TIFFSetSubDirectory(tiff, offset_bytes) != 1) {
    throw handle.failure("unreadable TIFF directory", offset_bytes);
  }
  TiffPage page;
  page.sample = read_sample(tiff);
  if (content == TiffContent::kIntensity) {
    check_intensity(page.sample, offset_bytes);
    page.dtype = page.sample.bits == 16 ? DType::kUInt16 : DType::kUInt8;
  } else {
    check_label(page.sample, offset_bytes);
  }
  check_layout(tiff, offset_bytes);
  page.height = tag_u32(tiff, TIFFTAG_IMAGELENGTH, 0);
  page.width = tag_u32(tiff, TIFFTAG_IMAGEWIDTH, 0);
  page.compression = tag_u16(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
  if (find_codec(page.compression) == nullptr) {
    throw unsupported_tiff("TIFF compression " + std::to_string(page.compression) +
                               " is not supported; expected none, LZW, deflate or PackBits. "
                               "Rewrite the file, for example: tiffcp -c lzw OLD.tif NEW.tif",
                           offset_bytes);
  }
  if (page.height == 0 || page.width == 0) {
    throw Error(ErrorCode::kCorrupt, "page without pixels", "", offset_bytes);
  }
  return page;
}

void check_tiff_claim(const TiffPage& page, uint64_t height, uint64_t width, uint64_t count,
                      uint64_t file_bytes, uint64_t offset_bytes) {
  const unsigned __int128 claimed =
      static_cast<unsigned __int128>(height) * ((width * page.sample.bits + 7) / 8) * count;
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

uint64_t decode_tiff_page(TiffHandle& handle, const TiffPage& page, ByteSpan file,
                          uint64_t offset_bytes, uint8_t* out) {
  return TIFFIsTiled(handle.get()) != 0 ? decode_tiles(handle, page, file, offset_bytes, out)
                                        : decode_strips(handle, page, file, offset_bytes, out);
}

bool has_absent_pieces(TiffHandle& handle) {
  TIFF* tiff = handle.get();
  const uint32_t pieces =
      TIFFIsTiled(tiff) != 0 ? TIFFNumberOfTiles(tiff) : TIFFNumberOfStrips(tiff);
  for (uint32_t piece = 0; piece < pieces; ++piece) {
    if (is_absent(tiff, piece)) return true;
  }
  return false;
}

}  // namespace stoker
