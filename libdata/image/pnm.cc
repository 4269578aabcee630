#include "libdata/image/pnm.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "libdata/image/header_reader.h"

namespace stoker {
namespace {

constexpr uint32_t kMaxSide = 1u << 30;

bool is_space(uint32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Numbers in decimal, between them white space and comments from # to the end of the line.
class TokenReader {
 public:
  explicit TokenReader(ByteSpan bytes) : bytes_(bytes) {}

  uint64_t position() const { return position_; }

  // The white space that ends the number is taken too: behind maxval it is a single one.
  uint32_t number(uint32_t most) {
    const uint64_t start = skip_space();
    uint64_t value = 0;
    while (position_ < bytes_.size() && bytes_[position_] >= '0' && bytes_[position_] <= '9') {
      value = value * 10 + (bytes_[position_++] - uint64_t{'0'});
      if (value > most)
        HeaderReader::fail("PNM: expected a number of at most " + std::to_string(most), start);
    }
    if (position_ == start) HeaderReader::fail("PNM: expected a number", start);
    if (position_ < bytes_.size()) end_token();
    return static_cast<uint32_t>(value);
  }

  uint32_t bit() {
    const uint64_t at = skip_space();
    const uint32_t c = bytes_[position_++];
    if (c != '0' && c != '1') HeaderReader::fail("PNM: expected 0 or 1", at);
    return c - '0';
  }

 private:
  // At the start of a token; the file must not end before it.
  uint64_t skip_space() {
    while (position_ < bytes_.size() && (is_space(bytes_[position_]) || bytes_[position_] == '#')) {
      if (bytes_[position_] == '#')
        skip_comment();
      else
        ++position_;
    }
    if (position_ == bytes_.size()) HeaderReader::fail("the PNM file is cut short", position_);
    return position_;
  }
  void skip_comment() {
    while (position_ < bytes_.size() && bytes_[position_] != '\n' && bytes_[position_] != '\r')
      ++position_;
  }
  void end_token() {
    if (bytes_[position_] == '#') skip_comment();
    if (position_ == bytes_.size()) return;
    if (!is_space(bytes_[position_]))
      HeaderReader::fail("PNM: expected white space behind a number", position_);
    ++position_;
  }

  ByteSpan bytes_;
  uint64_t position_ = 2;  // behind the magic
};

struct Header {
  int64_t width = 0;
  int64_t height = 0;
  int64_t channels = 0;
  bool plain = false;
  bool bitmap = false;
  uint32_t most = 1;  // maxval

  uint64_t samples() const { return static_cast<uint64_t>(width * height * channels); }
};

Header read_header(ByteSpan bytes, TokenReader& reader) {
  const int magic = bytes[1] - '0';
  Header header;
  header.plain = magic <= 3;
  header.bitmap = magic % 3 == 1;
  header.channels = magic % 3 == 0 ? 3 : 1;
  header.width = reader.number(kMaxSide);
  header.height = reader.number(kMaxSide);
  if (header.width == 0 || header.height == 0)
    HeaderReader::fail("expected a width and height above 0, found " +
                           std::to_string(header.width) + "x" + std::to_string(header.height),
                       2);
  if (!header.bitmap) header.most = reader.number(65535);
  if (header.most == 0) HeaderReader::fail("PNM: expected a maxval above 0", reader.position());
  return header;
}

// Of each value 0..65535 the byte that stands for it.
std::vector<uint8_t> byte_of_value(const Header& header) {
  const bool sixteen_bit_gray = header.channels == 1 && header.most > 255;
  const double full = sixteen_bit_gray ? 65535 : 255;
  std::vector<uint8_t> table(header.most > 255 ? 65536 : 256);
  for (size_t value = 0; value < table.size(); ++value) {
    const double scaled = std::nearbyint(static_cast<double>(value) / header.most * full);
    const auto whole = static_cast<uint32_t>(std::min(scaled, full));
    table[value] = static_cast<uint8_t>(sixteen_bit_gray ? whole >> 8 : whole);
  }
  return table;
}

uint64_t binary_row_bytes(const Header& header) {
  if (header.bitmap) return (static_cast<uint64_t>(header.width) + 7) / 8;
  return static_cast<uint64_t>(header.width * header.channels) * (header.most > 255 ? 2 : 1);
}

// Plain samples take a digit, and all but a bitmap's a space in between.
void check_length(const Header& header, uint64_t left) {
  const uint64_t samples = header.samples();
  const uint64_t needed = !header.plain
                              ? binary_row_bytes(header) * static_cast<uint64_t>(header.height)
                          : header.bitmap ? samples
                                          : 2 * samples - 1;
  if (left < needed)
    throw Error(ErrorCode::kCorrupt, "the PNM file is cut short: expected " +
                                         std::to_string(needed) + " bytes of samples, found " +
                                         std::to_string(left));
}

void decode_bits(ByteSpan rows, const Header& header, uint8_t* to) {
  const uint64_t row_bytes = binary_row_bytes(header);
  for (int64_t y = 0; y < header.height; ++y) {
    const ByteSpan row = rows.subspan(static_cast<uint64_t>(y) * row_bytes, row_bytes);
    for (uint64_t x = 0; x < static_cast<uint64_t>(header.width); ++x)
      *to++ = (row[x / 8] >> (7 - x % 8) & 1) != 0 ? 0 : 255;  // 1 is black
  }
}

void decode_binary(ByteSpan samples, const Header& header, Bytes& out) {
  const std::vector<uint8_t> table = byte_of_value(header);
  for (size_t i = 0; i < out.size(); ++i)
    out[i] =
        header.most > 255 ? table[samples[2 * i] * 256u + samples[2 * i + 1]] : table[samples[i]];
}

void decode_plain(TokenReader& reader, const Header& header, Bytes& out) {
  const std::vector<uint8_t> table = byte_of_value(header);
  for (uint8_t& sample : out)
    sample = header.bitmap ? (reader.bit() != 0 ? 0 : 255) : table[reader.number(header.most)];
}

}  // namespace

bool is_pnm(ByteSpan bytes) {
  return bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '6' &&
         (is_space(bytes[2]) || bytes[2] == '#');
}

ImageInfo probe_pnm(ByteSpan bytes) {
  TokenReader reader(bytes);
  const Header header = read_header(bytes, reader);
  ImageInfo info;
  info.kind = ImageKind::kPnm;
  info.width = header.width;
  info.height = header.height;
  info.channels = static_cast<int>(header.channels);
  return info;
}

void decode_pnm(ByteSpan bytes, Image& out) {
  TokenReader reader(bytes);
  const Header header = read_header(bytes, reader);
  const ByteSpan samples = bytes.subspan(reader.position());
  check_length(header, samples.size());
  out.height = header.height;
  out.width = header.width;
  out.channels = header.channels;
  out.pixels.resize(header.samples());
  if (header.plain) {
    decode_plain(reader, header, out.pixels);
  } else if (header.bitmap) {
    decode_bits(samples, header, out.pixels.data());
  } else {
    decode_binary(samples, header, out.pixels);
  }
}

}  // namespace stoker
