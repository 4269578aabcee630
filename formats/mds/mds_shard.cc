#include "formats/mds/mds_shard.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/mds/mds_unpack.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;

class UnpackedShard {
 public:
  std::mutex mutex;
  const MdsShard* owner = nullptr;
  Bytes bytes;
};

std::shared_ptr<UnpackedShard> make_unpacked_shard() {
  return std::make_shared<UnpackedShard>();
}

std::vector<uint32_t> parse_mds_offsets(ByteSpan shard, uint64_t samples) {
  constexpr uint64_t kNumberBytes = 4;
  const uint64_t numbers = shard.size() / kNumberBytes;
  if (numbers < 2 || samples > numbers - 2) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("is too short for {} samples: {} bytes", samples, shard.size()));
  }
  const auto count = load_le<uint32_t>(shard.data());
  if (count != samples) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("holds {} samples, index.json says {}", count, samples), {}, 0);
  }
  std::vector<uint32_t> offsets(static_cast<size_t>(samples + 1));
  uint64_t least = (samples + 2) * kNumberBytes;
  for (size_t i = 0; i < offsets.size(); ++i) {
    offsets[i] = load_le<uint32_t>(shard.data() + (i + 1) * kNumberBytes);
    if (offsets[i] < least || offsets[i] > shard.size()) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("sample {} is said to begin at byte {}, expected {} to {}", i,
                              offsets[i], least, shard.size()),
                  {}, (i + 1) * kNumberBytes);
    }
    least = offsets[i];
  }
  if (offsets.back() != shard.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("its samples end at byte {} of {}", offsets.back(), shard.size()));
  }
  return offsets;
}

void decode_mds_sample(ByteSpan sample, const std::vector<MdsEncoding>& encodings, Sample& memory,
                       Record& record) {
  std::vector<uint64_t> sizes;
  uint64_t at = 0;
  for (const MdsEncoding& encoding : encodings) {
    if (encoding.size_bytes()) {
      sizes.push_back(*encoding.size_bytes());
      continue;
    }
    if (sample.size() - at < 4) throw Error(ErrorCode::kCorrupt, "is cut short");
    sizes.push_back(load_le<uint32_t>(sample.data() + at));
    at += 4;
  }
  for (size_t c = 0; c < encodings.size(); ++c) {
    if (sizes[c] > sample.size() - at) {
      throw Error(ErrorCode::kCorrupt, fmt::format("column {} has {} bytes, {} are left", c,
                                                   sizes[c], sample.size() - at));
    }
    const ByteSpan value = sample.subspan(static_cast<size_t>(at), static_cast<size_t>(sizes[c]));
    record.cells.push_back(decode_mds(encodings[c], value, memory));
    at += sizes[c];
  }
  if (at != sample.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("its columns take {} bytes of {}", at, sample.size()));
  }
}

MdsShard::MdsShard(const fs::path& folder, MdsShardEntry entry, std::vector<MdsEncoding> encodings,
                   std::vector<size_t> columns, std::shared_ptr<UnpackedShard> unpacked,
                   std::vector<std::string>& unchecked)
    : entry_(std::move(entry)),
      encodings_(std::move(encodings)),
      columns_(std::move(columns)),
      unpacked_(std::move(unpacked)) {
  // A folder that StreamingDataset has unpacked into may have both, or the plain shard alone.
  packed_ = entry_.zip && !fs::exists(folder / entry_.raw.basename);
  const MdsFile& wanted = packed_ ? *entry_.zip : entry_.raw;
  file_ = std::make_unique<MappedFile>(folder / wanted.basename);
  try {
    if (file_->size() != wanted.size_bytes) {
      throw Error(ErrorCode::kCorrupt, fmt::format("has {} bytes, index.json says {}",
                                                   file_->size(), wanted.size_bytes));
    }
    check_hashes(file_->bytes(), wanted.hashes, unchecked);
    if (!packed_) {
      offsets_ = parse_mds_offsets(file_->bytes(), entry_.samples);
      return;
    }
    check_mds_compression(entry_.compression);
    const Bytes bytes = unpack();
    check_hashes(bytes, entry_.raw.hashes, unchecked);
    offsets_ = parse_mds_offsets(bytes, entry_.samples);
  } catch (const Error& error) {
    throw error.at(file_->path());
  }
}

Bytes MdsShard::unpack() const {
  return unpack_mds(entry_.compression, file_->bytes(), entry_.raw.size_bytes);
}

void MdsShard::read(uint64_t row, Sample& memory, Record& record) const {
  record.offset_bytes = packed_ ? 0 : offsets_[row];
  ByteSpan sample;
  if (!packed_) {
    sample = file_->bytes().subspan(offsets_[row], size_bytes(row));
  } else {
    Bytes& copy = memory.next_buffer();
    const std::lock_guard lock(unpacked_->mutex);
    if (unpacked_->owner != this) {
      unpacked_->owner = nullptr;
      unpacked_->bytes = {};
      unpacked_->bytes = unpack();
      unpacked_->owner = this;
    }
    const uint8_t* begin = unpacked_->bytes.data() + offsets_[row];
    copy.assign(begin, begin + size_bytes(row));
    sample = copy;
  }
  Record whole;
  decode_mds_sample(sample, encodings_, memory, whole);
  for (const size_t column : columns_)
    record.cells.push_back(std::move(whole.cells[column]));
}

void MdsShard::prefetch(uint64_t row) const {
  if (!packed_) file_->will_need(offsets_[row], size_bytes(row));
}

}  // namespace stoker
