#include "libdata/image/tiff_image.h"

#include <tiffio.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "libdata/image/jpeg.h"
#include "libdata/image/pixel_convert.h"
#include "libdata/image/tiff_layout.h"

namespace stoker {
namespace {

// libtiff's densest codings (fax, ZSTD) have no floor; this keeps a few bytes from taking a GiB.
constexpr int64_t kPixelsPerByte = 65536;

struct Block {
  int64_t x = 0;
  int64_t y = 0;
  int64_t width = 0;  // as stored: a tile may reach over the image's edge
  int64_t height = 0;
};

void check_promise(const TiffLayout& layout, size_t size_bytes) {
  const auto size = static_cast<int64_t>(size_bytes);
  const bool fits = layout.uncompressed
                        ? layout.width * layout.height / 8 * layout.bits * layout.samples <= size
                        : layout.width * layout.height / kPixelsPerByte <= size;
  if (fits) return;
  throw Error(ErrorCode::kCorrupt, "the TIFF header promises " + std::to_string(layout.width) +
                                       "x" + std::to_string(layout.height) + " pixels, more than " +
                                       std::to_string(size_bytes) + " bytes can hold");
}

uint8_t sample_at(const uint8_t* row, int64_t index, const TiffLayout& layout) {
  if (layout.bits == 8) return row[index];
  if (layout.bits == 16) return row[2 * index + 1];  // upper byte: libtiff gives native order
  const int64_t per_byte = 8 / layout.bits;
  const auto shift = static_cast<uint32_t>((per_byte - 1 - index % per_byte) * layout.bits);
  const uint32_t most = (1u << layout.bits) - 1;
  const uint32_t value = uint32_t{row[index / per_byte]} >> shift & most;
  return static_cast<uint8_t>(layout.color == TiffColor::kPalette ? value : value * 255 / most);
}

// One decoded block to `out`, `needed` bytes a pixel. Of separate planes it holds one, `plane`.
void store_block(const uint8_t* from, const Block& block, const TiffLayout& layout, int plane,
                 int needed, uint8_t* out) {
  const int samples = layout.separate_planes ? 1 : layout.samples;
  const size_t row_bytes =
      (static_cast<size_t>(block.width * samples) * static_cast<size_t>(layout.bits) + 7) / 8;
  const int64_t width = std::min(block.width, layout.width - block.x);
  const int64_t height = std::min(block.height, layout.height - block.y);
  for (int64_t y = 0; y < height; ++y, from += row_bytes) {
    uint8_t* to = out + ((block.y + y) * layout.width + block.x) * needed;
    if (layout.bits == 8 && samples == needed) {
      std::copy_n(from, width * needed, to);
      continue;
    }
    for (int64_t x = 0; x < width; ++x, to += needed) {
      if (layout.separate_planes) {
        to[plane] = sample_at(from, x, layout);
      } else {
        for (int s = 0; s < needed; ++s)
          to[s] = sample_at(from, x * samples + s, layout);
      }
    }
  }
}

Error cut(TiffHandle& handle, const char* what, uint32_t number) {
  Error error = handle.failure(
      std::string("TIFF: ") + what + " " + std::to_string(number) + " does not decode", 0);
  return Error(ErrorCode::kCorrupt, error.message());
}

uint32_t long_tag(TIFF* tiff, uint32_t tag) {
  uint32_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

// `stored_bytes` as libtiff computes it must be what rows of this layout take.
Bytes block_buffer(tmsize_t stored_bytes, const Block& block, const TiffLayout& layout) {
  const int64_t samples = layout.separate_planes ? 1 : layout.samples;
  const int64_t row_bytes = (block.width * samples * layout.bits + 7) / 8;
  if (stored_bytes != row_bytes * block.height)
    throw Error(ErrorCode::kUnsupported, "TIFF: rows of an unusual layout are not read");
  return Bytes(static_cast<size_t>(stored_bytes));
}

void read_strips(TiffHandle& handle, const TiffLayout& layout, int needed, uint8_t* out) {
  TIFF* const tiff = handle.get();
  const int64_t rows =
      std::min<int64_t>(std::max(1u, long_tag(tiff, TIFFTAG_ROWSPERSTRIP)), layout.height);
  const Block whole{0, 0, layout.width, rows};
  Bytes buffer = block_buffer(TIFFVStripSize(tiff, static_cast<uint32_t>(rows)), whole, layout);
  const int planes = layout.separate_planes ? needed : 1;
  for (int plane = 0; plane < planes; ++plane) {
    for (int64_t y = 0; y < layout.height; y += rows) {
      const Block block{0, y, layout.width, std::min(rows, layout.height - y)};
      const uint32_t strip =
          TIFFComputeStrip(tiff, static_cast<uint32_t>(y), static_cast<uint16_t>(plane));
      const auto expected =
          static_cast<tmsize_t>(buffer.size() / static_cast<size_t>(rows)) * block.height;
      if (TIFFReadEncodedStrip(tiff, strip, buffer.data(), expected) != expected)
        throw cut(handle, "strip", strip);
      store_block(buffer.data(), block, layout, plane, needed, out);
    }
  }
}

void read_tiles(TiffHandle& handle, const TiffLayout& layout, int needed, uint8_t* out) {
  TIFF* const tiff = handle.get();
  Block block{0, 0, long_tag(tiff, TIFFTAG_TILEWIDTH), long_tag(tiff, TIFFTAG_TILELENGTH)};
  if (block.width < 1 || block.height < 1 || block.width > layout.width + 65536 ||
      block.height > layout.height + 65536 || block.width * block.height > kMaxImagePixels)
    throw Error(ErrorCode::kCorrupt, "TIFF: tiles of " + std::to_string(block.width) + "x" +
                                         std::to_string(block.height) + " pixels");
  Bytes buffer = block_buffer(TIFFTileSize(tiff), block, layout);
  const auto expected = static_cast<tmsize_t>(buffer.size());
  const int planes = layout.separate_planes ? needed : 1;
  for (int plane = 0; plane < planes; ++plane) {
    for (block.y = 0; block.y < layout.height; block.y += block.height) {
      for (block.x = 0; block.x < layout.width; block.x += block.width) {
        const uint32_t tile =
            TIFFComputeTile(tiff, static_cast<uint32_t>(block.x), static_cast<uint32_t>(block.y), 0,
                            static_cast<uint16_t>(plane));
        if (TIFFReadEncodedTile(tiff, tile, buffer.data(), expected) != expected)
          throw cut(handle, "tile", tile);
        store_block(buffer.data(), block, layout, plane, needed, out);
      }
    }
  }
}

void invert(Bytes& samples) {
  for (uint8_t& sample : samples)
    sample = static_cast<uint8_t>(255 - sample);
}

// In place, from the last pixel to the first.
void expand_palette(TIFF* tiff, int bits, Image& image) {
  std::array<uint16_t*, 3> maps{};
  if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]) == 0)
    throw Error(ErrorCode::kCorrupt, "TIFF: a palette image without ColorMap");
  // Some writers put 8-bit colours into the 16-bit map.
  const size_t colors = size_t{1} << bits;
  const bool wide = std::any_of(maps.begin(), maps.end(), [&](const uint16_t* map) {
    return std::any_of(map, map + colors, [](uint16_t value) { return value > 255; });
  });
  uint8_t* const pixels = image.pixels.data();
  for (size_t i = static_cast<size_t>(image.height * image.width); i-- > 0;) {
    const size_t index = pixels[i];
    for (size_t c = 0; c < 3; ++c)
      pixels[3 * i + c] = static_cast<uint8_t>(wide ? maps[c][index] >> 8 : maps[c][index]);
  }
}

void gray_alpha_to_rgb(Image& image) {
  gray_to_rgb(image.pixels.data(), image.height * image.width);
}

void cmyk_to_rgb(Bytes& samples) {
  invert(samples);
  inverted_cmyk_to_rgb(samples, samples.data());
}

// R, G, B, A multiplied by A to R, G, B, as Pillow divides: cut, not rounded.
void divide_by_alpha(Bytes& samples) {
  uint8_t* to = samples.data();
  for (size_t i = 0; i + 4 <= samples.size(); i += 4, to += 3) {
    const uint32_t alpha = samples[i + 3];
    for (size_t c = 0; c < 3; ++c) {
      const uint32_t value = samples[i + c];
      to[c] = static_cast<uint8_t>(alpha == 0 ? 0 : std::min(255u, 255 * value / alpha));
    }
  }
}

// Upsampling and matrix are libtiff's, as Pillow has it.
void read_ycbcr(TiffHandle& handle, const TiffLayout& layout, Bytes& rgb) {
  char message[1024] = "";
  TIFFRGBAImage image;
  if (TIFFRGBAImageBegin(&image, handle.get(), 1, message) == 0)
    throw Error(ErrorCode::kUnsupported, std::string("TIFF: ") + message);
  image.req_orientation = image.orientation;  // rows as they are stored
  std::vector<uint32_t> pixels(static_cast<size_t>(layout.width * layout.height));
  const int good = TIFFRGBAImageGet(&image, pixels.data(), static_cast<uint32_t>(layout.width),
                                    static_cast<uint32_t>(layout.height));
  TIFFRGBAImageEnd(&image);
  if (good == 0)
    throw Error(ErrorCode::kCorrupt, handle.failure("TIFF: pixels do not decode", 0).message());
  for (size_t i = 0; i < pixels.size(); ++i) {
    rgb[3 * i] = static_cast<uint8_t>(TIFFGetR(pixels[i]));
    rgb[3 * i + 1] = static_cast<uint8_t>(TIFFGetG(pixels[i]));
    rgb[3 * i + 2] = static_cast<uint8_t>(TIFFGetB(pixels[i]));
  }
}

void read_samples(TiffHandle& handle, const TiffLayout& layout, Image& out) {
  const auto pixels = static_cast<size_t>(layout.width * layout.height);
  const int needed = layout.needed_samples();
  // Room for what conversion in place makes of it.
  out.pixels.resize(pixels * static_cast<size_t>(std::max<int64_t>(needed, out.channels)));
  if (layout.color == TiffColor::kYCbCr) {
    read_ycbcr(handle, layout, out.pixels);
  } else if (TIFFIsTiled(handle.get()) != 0) {
    read_tiles(handle, layout, needed, out.pixels.data());
  } else {
    read_strips(handle, layout, needed, out.pixels.data());
  }
  if (layout.color == TiffColor::kWhiteIsZero) invert(out.pixels);
  if (layout.is_gray() && layout.alpha) gray_alpha_to_rgb(out);
  if (layout.color == TiffColor::kPalette) expand_palette(handle.get(), layout.bits, out);
  if (layout.color == TiffColor::kCmyk) cmyk_to_rgb(out.pixels);
  if (layout.associated_alpha) divide_by_alpha(out.pixels);
  out.pixels.resize(pixels * static_cast<size_t>(out.channels));
}

}  // namespace

void decode_tiff_image(ByteSpan bytes, const ImageInfo& info, Image& out) {
  TiffHandle handle(bytes, uint64_t{4} * kMaxImagePixels);
  if (TIFFSetDirectory(handle.get(), 0) == 0)
    throw handle.failure("TIFF: the directory does not read", 0);
  const TiffLayout layout = read_tiff_layout(handle);
  if (layout.width != info.width || layout.height != info.height)
    throw Error(ErrorCode::kCorrupt, "TIFF: libtiff and the header disagree about the size");
  check_promise(layout, bytes.size());
  out.height = layout.height;
  out.width = layout.width;
  out.channels = layout.channels();
  read_samples(handle, layout, out);
  if (!handle.damage().empty())
    throw Error(ErrorCode::kCorrupt, "TIFF: the coded data is damaged: " + handle.damage());
}

}  // namespace stoker
