#include "formats/block_inflater.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kInputBytes = size_t{256} << 10;
constexpr int kGzipOrZlib = 15 + 32;
constexpr int kGzip = 15 + 16;
constexpr int kRaw = -15;
constexpr size_t kGzipTrailerBytes = 8;
constexpr size_t kZlibTrailerBytes = 4;
// Bits of z_stream::data_type after inflate(Z_BLOCK).
constexpr int kAtBoundary = 128;
constexpr int kInLastBlock = 64;

}  // namespace

struct BlockInflater::State {
  z_stream z{};
  explicit State(int window_bits) {
    if (inflateInit2(&z, window_bits) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

BlockInflater::BlockInflater(const RangeFile& file)
    : file_(file), state_(std::make_unique<State>(kGzipOrZlib)), input_(kInputBytes) {}

BlockInflater::BlockInflater(const RangeFile& file, uint64_t in_bytes, int bits, ByteSpan window)
    : file_(file),
      state_(std::make_unique<State>(in_bytes == 0 ? kGzipOrZlib : kRaw)),
      input_(kInputBytes),
      read_bytes_(in_bytes),
      raw_(in_bytes > 0) {
  if (!raw_) return;
  trailer_bytes_ = file.read(0, 1).front() == 0x1f ? kGzipTrailerBytes : kZlibTrailerBytes;
  if (bits > 0) {
    const int last = file.read(in_bytes - 1, 1).front();
    inflatePrime(&state_->z, bits, last >> (8 - bits));
  }
  inflateSetDictionary(&state_->z, window.data(), static_cast<uInt>(window.size()));
}

BlockInflater::~BlockInflater() = default;

uint64_t BlockInflater::in_bytes() const {
  return read_bytes_ - state_->z.avail_in;
}

int BlockInflater::bits() const {
  return state_->z.data_type & 7;
}

void BlockInflater::fail(const char* why) const {
  throw Error(ErrorCode::kCorrupt, std::string("the compressed file ") + why, file_.path(),
              in_bytes());
}

void BlockInflater::fill() {
  z_stream& z = state_->z;
  if (z.avail_in > 0) return;
  const auto size = static_cast<size_t>(
      std::min<uint64_t>(input_.size(), file_.size() - std::min(file_.size(), read_bytes_)));
  if (size == 0) fail("is cut short");
  file_.read(read_bytes_, std::span(input_).first(size));
  read_bytes_ += size;
  z.next_in = input_.data();
  z.avail_in = static_cast<uInt>(size);
}

void BlockInflater::skip_trailer() {
  for (size_t i = 0; i < trailer_bytes_; ++i) {
    fill();
    ++state_->z.next_in;
    --state_->z.avail_in;
  }
  raw_ = false;
}

// Behind the end of a stream: another one, zeros to the end of the file, or the end.
void BlockInflater::next_member() {
  z_stream& z = state_->z;
  if (raw_) skip_trailer();
  boundary_ = false;
  const uint64_t at = in_bytes();
  if (at < file_.size()) {
    fill();
    if (*z.next_in == 0x1f) {
      inflateReset2(&z, kGzip);
      return;
    }
  }
  for (uint64_t from = at; from < file_.size(); from += input_.size()) {
    const Bytes rest = file_.read(from, std::min<uint64_t>(input_.size(), file_.size() - from));
    if (std::any_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte != 0; })) {
      fail("goes on behind its end with something else");
    }
  }
  at_end_ = true;
}

size_t BlockInflater::inflate_some(std::span<uint8_t> out) {
  z_stream& z = state_->z;
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), std::numeric_limits<uInt>::max()));
  const uInt wanted = z.avail_out;
  boundary_ = false;
  while (z.avail_out > 0 && !boundary_ && !at_end_) {
    fill();
    const int result = ::inflate(&z, Z_BLOCK);
    if (result == Z_STREAM_END) {
      next_member();
      continue;
    }
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_NEED_DICT) fail("needs a dictionary, which nobody has");
    if (result != Z_OK && result != Z_BUF_ERROR) fail(z.msg != nullptr ? z.msg : "is damaged");
    boundary_ = (z.data_type & kAtBoundary) != 0 && (z.data_type & kInLastBlock) == 0;
  }
  return wanted - z.avail_out;
}

}  // namespace stoker
