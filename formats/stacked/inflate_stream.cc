#include "formats/stacked/inflate_stream.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr uint64_t kBetweenPlaces = uint64_t{8} << 20;
constexpr size_t kWindowBytes = size_t{32} << 10;
constexpr size_t kBlockBytes = size_t{1} << 20;
constexpr size_t kBlocksKept = 64;
constexpr uint64_t kMostAtOnce = uint64_t{1} << 30;  // zlib counts in 32 bits

}  // namespace

struct InflateStream::State {
  z_stream z{};

  State() {
    constexpr int kRawDeflate = -15;
    if (inflateInit2(&z, kRawDeflate) != Z_OK) throw std::bad_alloc();
  }
  ~State() { inflateEnd(&z); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

InflateStream::InflateStream(const DeflatedRange& range)
    : range_(range), state_(std::make_unique<State>()) {}

InflateStream::~InflateStream() = default;

void InflateStream::refuse(const char* why) const {
  throw Error(ErrorCode::kCorrupt, fmt::format("the compressed data is damaged: {}", why),
              range_.file->path(), range_.begin + packed_ - state_->z.avail_in);
}

// Up to the end of a block, of the room there is, or of a piece of the input.
void InflateStream::step() {
  z_stream& z = state_->z;
  if (z.avail_in == 0) {
    const uint64_t piece = std::min(kMostAtOnce, range_.size - packed_);
    z.next_in = const_cast<uint8_t*>(range_.file->bytes().data() + range_.begin + packed_);
    z.avail_in = static_cast<uInt>(piece);
    packed_ += piece;
  }
  const uint8_t* begin = z.next_out;
  const int code = inflate(&z, Z_BLOCK);
  const auto made = static_cast<size_t>(z.next_out - begin);
  if (position_ <= crc_position_ && crc_position_ < position_ + made) {
    const uint64_t known = crc_position_ - position_;
    crc_ = static_cast<uint32_t>(crc32_z(crc_, begin + known, made - known));
    crc_position_ = position_ + made;
  }
  position_ += made;
  if (code == Z_STREAM_END) {
    ended_ = true;
  } else if (code == Z_BUF_ERROR && z.avail_out > 0) {
    refuse("it ends too early");
  } else if (code == Z_MEM_ERROR) {
    throw std::bad_alloc();
  } else if (code != Z_OK && code != Z_BUF_ERROR) {
    refuse(z.msg != nullptr ? z.msg : "no deflate data");
  }
  constexpr int kBetweenBlocks = 128;
  constexpr int kLastBlock = 64;
  if ((z.data_type & kBetweenBlocks) != 0 && (z.data_type & kLastBlock) == 0) note_place();
}

void InflateStream::note_place() {
  const uint64_t last = places_.empty() ? 0 : places_.back().plain;
  if (position_ < last + kBetweenPlaces) return;
  Place place{position_, packed_ - state_->z.avail_in, state_->z.data_type & 7, {}};
  place.window.resize(kWindowBytes);
  uInt length = 0;
  if (inflateGetDictionary(&state_->z, place.window.data(), &length) != Z_OK) return;
  place.window.resize(length);
  places_.push_back(std::move(place));
}

void InflateStream::read(std::span<uint8_t> out) {
  z_stream& z = state_->z;
  while (!out.empty()) {
    if (ended_) refuse("it holds less than is announced");
    const auto room = static_cast<uInt>(std::min<uint64_t>(out.size(), kMostAtOnce));
    z.next_out = out.data();
    z.avail_out = room;
    step();
    out = out.subspan(room - z.avail_out);
  }
}

void InflateStream::finish() {
  uint8_t more = 0;
  while (!ended_) {
    state_->z.next_out = &more;
    state_->z.avail_out = 1;
    step();
    if (position_ > range_.plain_size) refuse("it holds more than is announced");
  }
  if (packed_ - state_->z.avail_in != range_.size) refuse("it ends before its place does");
  if (crc_position_ == range_.plain_size && crc_ != range_.crc) {
    refuse("its CRC-32 is not the one that is noted");
  }
}

void InflateStream::rewind(uint64_t position) {
  z_stream& z = state_->z;
  const auto after =
      std::upper_bound(places_.begin(), places_.end(), position,
                       [](uint64_t wanted, const Place& place) { return wanted < place.plain; });
  inflateReset(&z);
  z.avail_in = 0;
  ended_ = false;
  position_ = 0;
  packed_ = 0;
  if (after == places_.begin()) return;
  const Place& place = *(after - 1);
  position_ = place.plain;
  packed_ = place.packed;
  if (place.bits != 0) {
    const int byte = range_.file->bytes()[range_.begin + place.packed - 1];
    inflatePrime(&z, place.bits, byte >> (8 - place.bits));
  }
  inflateSetDictionary(&z, place.window.data(), static_cast<uInt>(place.window.size()));
}

void InflatingBytes::inflate_until(uint64_t end) const {
  while (stream_.position() < end) {
    if (blocks_.size() == kBlocksKept) {
      blocks_begin_ += blocks_.front().size();
      blocks_.pop_front();
    }
    Bytes block(static_cast<size_t>(std::min<uint64_t>(kBlockBytes, size_ - stream_.position())));
    stream_.read(block);
    blocks_.push_back(std::move(block));
    if (stream_.position() == size_) stream_.finish();
  }
}

// The next to ask finds its way from a noted place: where damage was met, nobody knows.
void InflatingBytes::forget() const {
  blocks_.clear();
  blocks_begin_ = size_;
}

ByteSpan InflatingBytes::bytes(uint64_t offset, uint64_t size, Bytes& buffer) const {
  buffer.resize(size);
  const std::lock_guard lock(mutex_);
  if (offset < blocks_begin_) {
    blocks_.clear();
    stream_.rewind(offset);
    blocks_begin_ = stream_.position();
  }
  for (uint64_t done = 0; done < size;) {
    const uint64_t at = offset + done;
    try {
      inflate_until(at + 1);
    } catch (...) {
      forget();
      throw;
    }
    uint64_t begin = blocks_begin_;
    for (const Bytes& block : blocks_) {
      if (at < begin + block.size()) {
        const uint64_t piece = std::min(size - done, begin + block.size() - at);
        std::memcpy(buffer.data() + done, block.data() + (at - begin), piece);
        done += piece;
        break;
      }
      begin += block.size();
    }
  }
  return buffer;
}

}  // namespace stoker
