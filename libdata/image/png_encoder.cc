#include "libdata/image/image_codec.h"

#include <new>
#include <string>
#include <utility>

#include "libdata/image/png_errors.h"

namespace stoker {
namespace {

struct Writer {
  PngErrorTrap trap{};
  png_structp png = nullptr;
  png_infop info = nullptr;
  Bytes bytes;

  Writer() {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &trap, leave_png, drop_png_warning);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      png_destroy_write_struct(&png, nullptr);
      throw Error(ErrorCode::kIo, "PNG: out of memory");
    }
    png_set_write_fn(png, this, add, nullptr);
  }
  ~Writer() { png_destroy_write_struct(&png, &info); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  static void add(png_structp png, png_bytep from, size_t count) {
    Bytes& bytes = static_cast<Writer*>(png_get_io_ptr(png))->bytes;
    bool fits = true;
    try {
      bytes.insert(bytes.end(), from, from + count);
    } catch (const std::bad_alloc&) {  // must not unwind through C
      fits = false;
    }
    if (!fits) png_error(png, "out of memory");
  }
};

void check(const Image& image) {
  if (image.channels != 1 && image.channels != 3)
    throw Error(ErrorCode::kInvalidArgument,
                "PNG: expected 1 or 3 channels, found " + std::to_string(image.channels));
  if (image.height < 1 || image.width < 1 ||
      image.pixels.size() != static_cast<size_t>(image.height * image.width * image.channels))
    throw Error(ErrorCode::kInvalidArgument, "PNG: the image's pixels do not fill its shape");
}

}  // namespace

Bytes encode_png(const Image& image) {
  check(image);
  Writer writer;
  trap_png_errors(writer.trap, ErrorCode::kInternal, [&] {
    png_set_user_limits(writer.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(writer.png, writer.info, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), 8,
                 image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_BASE, PNG_FILTER_TYPE_BASE);
    png_set_compression_level(writer.png, 3);  // a montage is looked at once; level 9 takes seconds
    png_write_info(writer.png, writer.info);
    const size_t row_bytes = static_cast<size_t>(image.width * image.channels);
    for (size_t y = 0; y < static_cast<size_t>(image.height); ++y)
      png_write_row(writer.png, image.pixels.data() + y * row_bytes);
    png_write_end(writer.png, nullptr);
  });
  return std::move(writer.bytes);
}

}  // namespace stoker
