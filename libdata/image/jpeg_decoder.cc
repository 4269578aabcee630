#include "libdata/image/jpeg_decoder.h"

#include <algorithm>
#include <array>
#include <string>

#include "libdata/image/jpeg_errors.h"
#include "libdata/image/pixel_convert.h"

namespace stoker {
namespace {

constexpr int64_t kPixelsPerByteHuffman = 512;  // one bit for each 8x8 block
constexpr int64_t kPixelsPerByteArithmetic = 65536;
constexpr int kMaxScans = 500;  // a progressive bomb: thousands of empty scans over a large frame

void stop_at_scan_limit(j_common_ptr cinfo) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(cinfo);
  if (decompress->input_scan_number > kMaxScans) cinfo->err->error_exit(cinfo);
}

void check_size(const jpeg_decompress_struct& cinfo, size_t size_bytes) {
  const int64_t pixels = int64_t{cinfo.image_width} * cinfo.image_height;
  const std::string found =
      std::to_string(cinfo.image_width) + "x" + std::to_string(cinfo.image_height);
  if (pixels > kMaxImagePixels)
    throw Error(ErrorCode::kUnsupported,
                "expected an image of at most 2^28 pixels, found " + found);
  const int64_t per_byte = cinfo.arith_code ? kPixelsPerByteArithmetic : kPixelsPerByteHuffman;
  if (pixels / per_byte > static_cast<int64_t>(size_bytes))
    throw Error(ErrorCode::kCorrupt, "the JPEG header promises " + found + " pixels, more than " +
                                         std::to_string(size_bytes) + " bytes can hold");
}

}  // namespace

struct JpegDecoder::State {
  jpeg_decompress_struct cinfo{};
  JpegErrorTrap trap{};
  jpeg_progress_mgr progress{};

  State() {
    cinfo.err = install_jpeg_error_trap(trap);
    guard([this] { jpeg_create_decompress(&cinfo); });
    progress.progress_monitor = stop_at_scan_limit;
    cinfo.progress = &progress;
  }
  ~State() { jpeg_destroy_decompress(&cinfo); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  template <typename Call>
  void guard(const Call& call) {
    trap_jpeg_errors(trap, reinterpret_cast<j_common_ptr>(&cinfo), call);
  }

  void start(ByteSpan bytes, Channels channels);
  void read_rows(uint8_t* pixels, size_t row_bytes);
};

// Reads the header and decides on the colours libjpeg is to deliver: 1, 3 or (CMYK) 4 components.
void JpegDecoder::State::start(ByteSpan bytes, Channels channels) {
  guard([&] {
    jpeg_abort_decompress(&cinfo);
    jpeg_mem_src(&cinfo, bytes.data(), bytes.size());
    jpeg_read_header(&cinfo, TRUE);
  });
  check_size(cinfo, bytes.size());
  switch (cinfo.jpeg_color_space) {
    case JCS_GRAYSCALE:
      cinfo.out_color_space = channels == Channels::kRgb ? JCS_RGB : JCS_GRAYSCALE;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      cinfo.out_color_space = JCS_CMYK;
      break;
    case JCS_RGB:
    case JCS_YCbCr:
      cinfo.out_color_space = JCS_RGB;
      break;
    default:
      throw Error(ErrorCode::kUnsupported, "expected a JPEG of 1, 3 or 4 components, found " +
                                               std::to_string(cinfo.num_components));
  }
  cinfo.dct_method = JDCT_ISLOW;
  cinfo.do_fancy_upsampling = TRUE;
  guard([&] { jpeg_start_decompress(&cinfo); });
}

void JpegDecoder::State::read_rows(uint8_t* pixels, size_t row_bytes) {
  guard([&] {
    while (cinfo.output_scanline < cinfo.output_height) {
      std::array<JSAMPROW, 8> rows;
      const size_t left = cinfo.output_height - cinfo.output_scanline;
      const size_t count = std::min(left, rows.size());
      for (size_t i = 0; i < count; ++i)
        rows[i] = pixels + (cinfo.output_scanline + i) * row_bytes;
      jpeg_read_scanlines(&cinfo, rows.data(), static_cast<JDIMENSION>(count));
    }
    jpeg_finish_decompress(&cinfo);  // reads up to the end-of-image marker
  });
}

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {}
JpegDecoder::~JpegDecoder() = default;
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;

void JpegDecoder::decode(ByteSpan bytes, Channels channels, Image& out) {
  if (bytes.empty()) throw Error(ErrorCode::kCorrupt, "expected a JPEG, found no bytes");
  state_->start(bytes, channels);
  const jpeg_decompress_struct& cinfo = state_->cinfo;
  out.height = cinfo.output_height;
  out.width = cinfo.output_width;
  out.channels = cinfo.output_components;
  const size_t row_bytes = size_t{cinfo.output_width} * static_cast<size_t>(out.channels);
  out.pixels.resize(row_bytes * cinfo.output_height);
  state_->read_rows(out.pixels.data(), row_bytes);
  if (out.channels == 4) {
    inverted_cmyk_to_rgb(out.pixels, out.pixels.data());
    out.pixels.resize(out.pixels.size() / 4 * 3);
    out.channels = 3;
  }
  convert_channels(out, channels);
}

}  // namespace stoker
