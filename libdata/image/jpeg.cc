#include "libdata/image/jpeg.h"

#include <array>
#include <cstdlib>
#include <string>
#include <utility>

#include "libdata/image/jpeg_decoder.h"
#include "libdata/image/jpeg_errors.h"

namespace stoker {
namespace {

struct Compressor {
  jpeg_compress_struct cinfo{};
  JpegErrorTrap trap{};
  unsigned char* buffer = nullptr;  // malloc'ed and grown by libjpeg
  unsigned long size = 0;

  Compressor() = default;
  ~Compressor() {
    jpeg_destroy_compress(&cinfo);
    std::free(buffer);
  }
  Compressor(const Compressor&) = delete;
  Compressor& operator=(const Compressor&) = delete;
};

// {horizontal, vertical} luma samples for each chroma sample.
std::pair<int, int> luma_factors(Subsampling subsampling) {
  switch (subsampling) {
    case Subsampling::k444:
      return {1, 1};
    case Subsampling::k422:
      return {2, 1};
    case Subsampling::k420:
      return {2, 2};
    case Subsampling::k440:
      return {1, 2};
    case Subsampling::k411:
      return {4, 1};
    default:
      throw Error(ErrorCode::kInvalidArgument,
                  "expected subsampling 4:4:4, 4:2:2, 4:2:0, 4:4:0 or 4:1:1, found " +
                      std::string(subsampling_name(subsampling)));
  }
}

void check_image(const Image& image, int quality) {
  const auto fail = [](const std::string& message) {
    throw Error(ErrorCode::kInvalidArgument, "JPEG: " + message);
  };
  if (image.channels != 1 && image.channels != 3)
    fail("expected 1 or 3 channels, found " + std::to_string(image.channels));
  static_assert(kMaxJpegSide == JPEG_MAX_DIMENSION);
  if (image.height < 1 || image.width < 1 || image.height > kMaxJpegSide ||
      image.width > kMaxJpegSide)
    fail("expected sides of 1 to 65500 pixels, found " + std::to_string(image.width) + "x" +
         std::to_string(image.height));
  if (image.pixels.size() != static_cast<size_t>(image.height * image.width * image.channels))
    fail("the image's pixels do not fill its shape");
  if (quality < 1 || quality > 100)
    fail("expected a quality of 1 to 100, found " + std::to_string(quality));
}

}  // namespace

void decode_jpeg(ByteSpan bytes, Channels channels, Image& out) {
  JpegDecoder().decode(bytes, channels, out);
}

Image decode_jpeg(ByteSpan bytes, Channels channels) {
  Image image;
  decode_jpeg(bytes, channels, image);
  return image;
}

Bytes encode_jpeg(const Image& image, const JpegEncodeOptions& options) {
  check_image(image, options.quality);
  const auto [horizontal, vertical] = luma_factors(options.subsampling);
  Compressor compressor;
  jpeg_compress_struct& cinfo = compressor.cinfo;
  cinfo.err = install_jpeg_error_trap(compressor.trap);
  const int h = horizontal;  // a structured binding cannot be captured
  const int v = vertical;
  trap_jpeg_errors(compressor.trap, reinterpret_cast<j_common_ptr>(&cinfo), [&] {
    jpeg_create_compress(&cinfo);
    jpeg_mem_dest(&cinfo, &compressor.buffer, &compressor.size);
    cinfo.image_width = static_cast<JDIMENSION>(image.width);
    cinfo.image_height = static_cast<JDIMENSION>(image.height);
    cinfo.input_components = static_cast<int>(image.channels);
    cinfo.in_color_space = image.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&cinfo);
    jpeg_set_quality(&cinfo, options.quality, TRUE);
    cinfo.dct_method = JDCT_ISLOW;
    cinfo.optimize_coding = options.optimize_huffman ? TRUE : FALSE;
    if (image.channels == 3) {
      cinfo.comp_info[0].h_samp_factor = h;
      cinfo.comp_info[0].v_samp_factor = v;
    }
    jpeg_start_compress(&cinfo, TRUE);
    const size_t row_bytes = static_cast<size_t>(image.width * image.channels);
    while (cinfo.next_scanline < cinfo.image_height) {
      // libjpeg takes rows as non-const but does not write to them.
      JSAMPROW row = const_cast<JSAMPROW>(image.pixels.data() + cinfo.next_scanline * row_bytes);
      jpeg_write_scanlines(&cinfo, &row, 1);
    }
    jpeg_finish_compress(&cinfo);
  });
  return Bytes(compressor.buffer, compressor.buffer + compressor.size);
}

}  // namespace stoker
