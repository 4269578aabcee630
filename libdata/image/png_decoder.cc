#include "libdata/image/png_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "libdata/image/png_errors.h"

namespace stoker {
namespace {

// PNG at its densest: deflate expands 1032 times, a byte holds 8 pixels.
constexpr int64_t kPixelsPerByte = 1032 * 8;

struct Palette {
  std::array<png_color, 256> colors{};
  size_t size = 0;
};

struct Reader {
  PngErrorTrap trap{};
  png_structp png = nullptr;
  png_infop info = nullptr;
  ByteSpan left;

  explicit Reader(ByteSpan bytes) : left(bytes) {
    png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &trap, leave_png, drop_png_warning);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_read_struct(&png, nullptr, nullptr);
      throw Error(ErrorCode::kIo, "PNG: out of memory");
    }
    png_set_read_fn(png, this, take);
  }
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  static void take(png_structp png, png_bytep to, size_t count) {
    Reader& reader = *static_cast<Reader*>(png_get_io_ptr(png));
    if (count > reader.left.size()) png_error(png, "the file is cut short");
    std::memcpy(to, reader.left.data(), count);
    reader.left = reader.left.subspan(count);
  }
};

void check_promise(const ImageInfo& info, size_t size_bytes) {
  if (info.width * info.height / kPixelsPerByte <= static_cast<int64_t>(size_bytes)) return;
  throw Error(ErrorCode::kCorrupt, "the PNG header promises " + std::to_string(info.width) + "x" +
                                       std::to_string(info.height) + " pixels, more than " +
                                       std::to_string(size_bytes) + " bytes can hold");
}

// Reads the chunks before the pixels and asks for one byte a sample. The samples a pixel: 1 for
// gray and for palette indices, else 3.
void start(Reader& reader, Palette& palette, size_t& samples) {
  const png_structp png = reader.png;
  // Our own limit is on pixels, and was held already.
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(png, reader.info);
  const int color = png_get_color_type(png, reader.info);
  samples = (color & PNG_COLOR_MASK_COLOR) != 0 ? 3 : 1;
  if (color == PNG_COLOR_TYPE_PALETTE) {
    png_colorp colors = nullptr;
    int count = 0;
    png_get_PLTE(png, reader.info, &colors, &count);
    palette.size = static_cast<size_t>(std::clamp(count, 0, 256));
    std::copy_n(colors, palette.size, palette.colors.begin());
    png_set_packing(png);
    samples = 1;
  } else if (color == PNG_COLOR_TYPE_GRAY) {
    png_set_expand_gray_1_2_4_to_8(png);
  } else if (color == PNG_COLOR_TYPE_GRAY_ALPHA) {
    png_set_gray_to_rgb(png);
    samples = 3;
  }
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, reader.info);
}

// In place, from the last pixel to the first: an index takes one byte, its colour three.
void expand(const Palette& palette, Image& image) {
  uint8_t* const pixels = image.pixels.data();
  for (size_t i = static_cast<size_t>(image.height * image.width); i-- > 0;) {
    const size_t index = pixels[i];
    if (index >= palette.size)
      throw Error(ErrorCode::kCorrupt, "PNG: a pixel asks for colour " + std::to_string(index) +
                                           " of a palette of " + std::to_string(palette.size));
    const png_color color = palette.colors[index];
    pixels[3 * i] = color.red;
    pixels[3 * i + 1] = color.green;
    pixels[3 * i + 2] = color.blue;
  }
}

}  // namespace

void decode_png(ByteSpan bytes, const ImageInfo& info, Image& out) {
  check_promise(info, bytes.size());
  Reader reader(bytes);
  Palette palette;
  size_t samples = 0;
  trap_png_errors(reader.trap, ErrorCode::kCorrupt, [&] { start(reader, palette, samples); });
  const size_t row_bytes = png_get_rowbytes(reader.png, reader.info);
  if (png_get_image_width(reader.png, reader.info) != info.width ||
      png_get_image_height(reader.png, reader.info) != info.height ||
      row_bytes != static_cast<size_t>(info.width) * samples)
    throw Error(ErrorCode::kCorrupt, "PNG: libpng and the header disagree about the size");
  out.height = info.height;
  out.width = info.width;
  out.channels = palette.size > 0 ? 3 : static_cast<int64_t>(samples);
  out.pixels.resize(static_cast<size_t>(info.height * info.width * out.channels));
  std::vector<png_bytep> rows(static_cast<size_t>(info.height));
  for (size_t y = 0; y < rows.size(); ++y)
    rows[y] = out.pixels.data() + y * row_bytes;
  trap_png_errors(reader.trap, ErrorCode::kCorrupt, [&] {
    png_read_image(reader.png, rows.data());
    png_read_end(reader.png, nullptr);
  });
  if (palette.size > 0) expand(palette, out);
}

}  // namespace stoker
