#include "libdata/image/jpeg_decoder.h"

#include <algorithm>
#include <array>
#include <string>

#include "libdata/image/jpeg_arena.h"
#include "libdata/image/jpeg_errors.h"
#include "libdata/image/pixel_convert.h"

#include <jerror.h>

namespace stoker {
namespace {

constexpr int64_t kPixelsPerByteHuffman = 512;  // one bit for each 8x8 block
constexpr int64_t kPixelsPerByteArithmetic = 65536;
constexpr int kMaxScans = 500;  // a progressive bomb: thousands of empty scans over a large frame

void stop_at_scan_limit(j_common_ptr cinfo) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(cinfo);
  if (decompress->input_scan_number <= kMaxScans) return;
  cinfo->err->msg_code = JWRN_BOGUS_PROGRESSION;
  cinfo->err->error_exit(cinfo);
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
  JpegArena arena;
  size_t first_pixel_bytes = 0;
  Bytes skipped_row;

  State() {
    cinfo.err = install_jpeg_error_trap(trap);
    guard([this] { jpeg_create_decompress(&cinfo); });
    arena.attach(reinterpret_cast<j_common_ptr>(&cinfo));
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

  void open(ByteSpan bytes);
  void check_setup();
  void start(int denominator, const PixelRegion& region);
  void skip_rows(JDIMENSION count);
  void read_rows(std::span<uint8_t* const> rows);
  void finish();
  bool is_cmyk() const { return cinfo.out_color_space == JCS_CMYK; }
  size_t row_bytes() const {
    return size_t{cinfo.output_width} * static_cast<size_t>(cinfo.output_components);
  }
};

// Reads the header and decides on the colours libjpeg is to deliver: 1, 3 or (CMYK) 4 components.
void JpegDecoder::State::open(ByteSpan bytes) {
  if (bytes.empty()) throw Error(ErrorCode::kCorrupt, "expected a JPEG, found no bytes");
  guard([&] {
    jpeg_abort_decompress(&cinfo);
    jpeg_mem_src(&cinfo, bytes.data(), bytes.size());
    jpeg_read_header(&cinfo, TRUE);
  });
  check_size(cinfo, bytes.size());
  switch (cinfo.jpeg_color_space) {
    case JCS_GRAYSCALE:
      cinfo.out_color_space = JCS_GRAYSCALE;
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
}

// jpeg_start_decompress would tell, but reads the scans of a progressive file and makes tables for
// others: by hand it costs nothing.
void JpegDecoder::State::check_setup() {
#ifndef D_ARITH_CODING_SUPPORTED
  if (cinfo.arith_code)
    throw Error(ErrorCode::kUnsupported, "JPEG: arithmetic coding is not read by this libjpeg");
#endif
  const std::span<const jpeg_component_info> parts(cinfo.comp_info,
                                                   static_cast<size_t>(cinfo.num_components));
  for (const jpeg_component_info& part : parts) {
    if (cinfo.max_h_samp_factor % part.h_samp_factor != 0 ||
        cinfo.max_v_samp_factor % part.v_samp_factor != 0)
      throw Error(ErrorCode::kUnsupported,
                  "JPEG: sampling factors that do not divide one another are not read");
  }
  if (jpeg_has_multiple_scans(&cinfo)) return;  // each scan has its own blocks and tables
  int blocks = 0;
  for (const jpeg_component_info& part : parts) {
    blocks += part.h_samp_factor * part.v_samp_factor;
    if (part.quant_tbl_no < 0 || part.quant_tbl_no >= NUM_QUANT_TBLS ||
        cinfo.quant_tbl_ptrs[part.quant_tbl_no] == nullptr)
      throw Error(ErrorCode::kCorrupt, "JPEG: a quantization table is missing");
  }
  if (parts.size() > 1 && blocks > D_MAX_BLOCKS_IN_MCU)
    throw Error(ErrorCode::kCorrupt, "JPEG: sampling factors too large for a scan");
}

void JpegDecoder::State::start(int denominator, const PixelRegion& region) {
  guard([&] {
    cinfo.scale_num = 1;
    cinfo.scale_denom = static_cast<unsigned>(denominator);
    jpeg_start_decompress(&cinfo);
  });
  const JDIMENSION image_width = cinfo.output_width;
  JDIMENSION left = 0;
  if (!jpeg_has_multiple_scans(&cinfo)) {
    // Smooth chroma upsampling looks one chroma sample to each side, and does otherwise at an edge:
    // keep the edge that far away from the region.
    const JDIMENSION reach =
        cinfo.max_h_samp_factor > 1 ? static_cast<JDIMENSION>(cinfo.max_h_samp_factor) : 0;
    const JDIMENSION region_left = static_cast<JDIMENSION>(region.left);
    const JDIMENSION right = static_cast<JDIMENSION>(region.left + region.width);
    left = region_left - std::min(region_left, reach);
    JDIMENSION width = std::min(right + reach, image_width) - left;
    if (width < image_width) guard([&] { jpeg_crop_scanline(&cinfo, &left, &width); });
  }
  first_pixel_bytes =
      (static_cast<size_t>(region.left) - left) * static_cast<size_t>(cinfo.output_components);
  skip_rows(static_cast<JDIMENSION>(region.top));
}

// One skip, from row 0: later ones can return stale rows (libjpeg-turbo issue 915).
void JpegDecoder::State::skip_rows(JDIMENSION count) {
  if (count == 0) return;
  if (!jpeg_has_multiple_scans(&cinfo)) {
    guard([&] { jpeg_skip_scanlines(&cinfo, count); });
    return;
  }
  skipped_row.resize(row_bytes());
  guard([&] {
    JSAMPROW row = skipped_row.data();
    while (cinfo.output_scanline < count)
      jpeg_read_scanlines(&cinfo, &row, 1);
  });
}

void JpegDecoder::State::read_rows(std::span<uint8_t* const> rows) {
  guard([&] {
    size_t done = 0;
    while (done < rows.size())
      done += jpeg_read_scanlines(&cinfo, const_cast<JSAMPARRAY>(rows.data() + done),
                                  static_cast<JDIMENSION>(rows.size() - done));
  });
  if (!is_cmyk()) return;
  for (uint8_t* row : rows)
    inverted_cmyk_to_rgb({row + first_pixel_bytes, row_bytes() - first_pixel_bytes},
                         row + first_pixel_bytes);
}

// Reads up to the end-of-image marker, which must be there.
void JpegDecoder::State::finish() {
  guard([&] { jpeg_finish_decompress(&cinfo); });
}

JpegDecoder::JpegDecoder() : state_(std::make_unique<State>()) {}
JpegDecoder::~JpegDecoder() = default;
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;

JpegDecoder::Header JpegDecoder::open(ByteSpan bytes) {
  state_->open(bytes);
  const jpeg_decompress_struct& cinfo = state_->cinfo;
  return {{cinfo.image_height, cinfo.image_width}, cinfo.out_color_space == JCS_GRAYSCALE ? 1 : 3};
}

ImageSize JpegDecoder::scaled_size(int denominator) const {
  const auto scaled = [denominator](int64_t side) {
    return (side + denominator - 1) / denominator;
  };
  return {scaled(state_->cinfo.image_height), scaled(state_->cinfo.image_width)};
}

void JpegDecoder::start(int denominator, const PixelRegion& region) {
  state_->start(denominator, region);
}

size_t JpegDecoder::row_bytes() const {
  return state_->row_bytes();
}

size_t JpegDecoder::first_pixel_bytes() const {
  return state_->first_pixel_bytes;
}

void JpegDecoder::read_rows(std::span<uint8_t* const> rows) {
  state_->read_rows(rows);
}

JpegDecoder::Header JpegDecoder::check_header(ByteSpan bytes) {
  const Header header = open(bytes);
  state_->check_setup();
  return header;
}

void JpegDecoder::decode(ByteSpan bytes, Channels channels, Image& out) {
  const Header header = open(bytes);
  start(1, {0, 0, header.size.height, header.size.width});
  out.height = header.size.height;
  out.width = header.size.width;
  out.channels = header.channels;
  const size_t stored_row_bytes = static_cast<size_t>(out.width * out.channels);
  // CMYK rows are a third longer until they are converted: room for the last one.
  out.pixels.resize(stored_row_bytes * static_cast<size_t>(out.height - 1) + row_bytes());
  std::array<uint8_t*, 8> rows;
  for (int64_t y = 0; y < out.height;) {
    // A CMYK row overlaps the next one, so those go one by one.
    const int64_t count = state_->is_cmyk() ? 1 : std::min<int64_t>(8, out.height - y);
    for (int64_t i = 0; i < count; ++i)
      rows[static_cast<size_t>(i)] = &out.pixels[static_cast<size_t>(y + i) * stored_row_bytes];
    read_rows({rows.data(), static_cast<size_t>(count)});
    y += count;
  }
  state_->finish();
  out.pixels.resize(stored_row_bytes * static_cast<size_t>(out.height));
  convert_channels(out, channels);
}

}  // namespace stoker
