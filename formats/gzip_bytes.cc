#include "formats/gzip_bytes.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <new>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib: expect a gzip header
constexpr uint64_t kZlibAtOnce = uint64_t{1} << 30;

[[noreturn]] void refuse(uint64_t offset, const std::string& message) {
  throw Error(ErrorCode::kCorrupt, message, "", offset);
}

// zlib's stream: slower by two to three, and stops where it is told to.
class Inflater {
 public:
  Inflater() {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  enum class State { kMore, kMemberEnds, kDamaged };
  // Moves both spans past what was read and written.
  State step(ByteSpan& in, std::span<uint8_t>& out) {
    const auto clip = [](size_t size) {
      return static_cast<uInt>(std::min<uint64_t>(size, kZlibAtOnce));
    };
    stream_.next_in = const_cast<Bytef*>(in.data());
    stream_.avail_in = clip(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = clip(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    in = in.subspan(static_cast<size_t>(stream_.next_in - in.data()));
    out = out.subspan(static_cast<size_t>(stream_.next_out - out.data()));
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END) return State::kMemberEnds;
    return result == Z_OK || result == Z_BUF_ERROR ? State::kMore : State::kDamaged;
  }
  void restart() { inflateReset(&stream_); }

 private:
  z_stream stream_{};
};

// Of a member that holds more than is wanted: `out` is filled, the rest checked and thrown away.
void gunzip_part(ByteSpan file, std::span<uint8_t> out, uint64_t offset) {
  Inflater inflater;
  Bytes waste(size_t{1} << 16);
  for (;;) {
    std::span<uint8_t> rest = out.empty() ? std::span<uint8_t>(waste) : out;
    const size_t in_before = file.size();
    const size_t out_before = rest.size();
    const auto state = inflater.step(file, rest);
    if (!out.empty()) out = rest;
    if (state == Inflater::State::kMemberEnds && out.empty()) return;
    const bool stuck = in_before == file.size() && out_before == rest.size();
    if (state != Inflater::State::kMore || stuck) {
      refuse(offset, "is a damaged gzip file");
    }
  }
}

using Decompressor = std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)>;

libdeflate_decompressor* decompressor() {
  thread_local const Decompressor kept(libdeflate_alloc_decompressor(),
                                       libdeflate_free_decompressor);
  if (!kept) throw std::bad_alloc();
  return kept.get();
}

using Compressor = std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)>;

}  // namespace

bool looks_like_gzip(ByteSpan front) {
  return as_text(front).starts_with("\x1f\x8b");
}

Bytes gunzip_front(ByteSpan front, size_t size_bytes) {
  Bytes bytes(size_bytes);
  std::span<uint8_t> out(bytes);
  Inflater inflater;
  while (!out.empty()) {
    const size_t in_before = front.size();
    const size_t out_before = out.size();
    const auto state = inflater.step(front, out);
    if (state == Inflater::State::kDamaged) refuse(0, "is a damaged gzip file");
    if (state == Inflater::State::kMemberEnds) {
      if (!looks_like_gzip(front)) break;
      inflater.restart();
    } else if (in_before == front.size() && out_before == out.size()) {
      break;
    }
  }
  bytes.resize(bytes.size() - out.size());
  return bytes;
}

void gunzip(ByteSpan file, std::span<uint8_t> out) {
  const uint8_t* const begin = file.data();
  const size_t wanted = out.size();
  while (!out.empty()) {
    const auto offset = static_cast<uint64_t>(file.data() - begin);
    if (!looks_like_gzip(file)) {
      refuse(offset, fmt::format("unpacks to {} bytes where its header promises {}",
                                 wanted - out.size(), wanted));
    }
    size_t used = 0;
    size_t made = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor(), file.data(), file.size(), out.data(), out.size(), &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      gunzip_part(file, out, offset);
      return;
    }
    if (result != LIBDEFLATE_SUCCESS) refuse(offset, "is a damaged or cut gzip file");
    file = file.subspan(used);
    out = out.subspan(made);
  }
}

void gunzip_exactly(ByteSpan file, std::span<uint8_t> out) {
  const uint8_t* const begin = file.data();
  const size_t wanted = out.size();
  do {
    const auto offset = static_cast<uint64_t>(file.data() - begin);
    size_t used = 0;
    size_t made = 0;
    const libdeflate_result result = libdeflate_gzip_decompress_ex(
        decompressor(), file.data(), file.size(), out.data(), out.size(), &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
      refuse(offset,
             fmt::format("the gzip bytes unpack to more than the {} bytes that there should "
                         "be",
                         wanted));
    }
    if (result != LIBDEFLATE_SUCCESS) refuse(offset, "the gzip bytes are damaged or cut short");
    file = file.subspan(used);
    out = out.subspan(made);
  } while (!file.empty());
  if (out.empty()) return;
  refuse(0, fmt::format("the gzip bytes unpack to {} bytes where there should be {}",
                        wanted - out.size(), wanted));
}

void gzip(ByteSpan bytes, int level, Bytes& out) {
  const Compressor compressor(libdeflate_alloc_compressor(level), libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  out.resize(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()));
  out.resize(libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), out.data(),
                                      out.size()));
}

}  // namespace stoker
