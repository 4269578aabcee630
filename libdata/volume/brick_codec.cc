#include "libdata/volume/brick_codec.h"

#include <blosc.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kMaxLabelVoxels = kBrickEdge * kBrickEdge * kBrickEdge;
// Labels keep up with TIFF decoding in the packer: LZ4, at a seventh of LZ4HC's time for 1.5 times
// its bytes (2.6 against 1.7 MB of a 33 MB volume). Distances take longer to compute than to pack,
// so they get LZ4HC. Blosc's own shuffles double the decoding time of both.
struct FrameCodec {
  const char* name;
  int level;
};
constexpr FrameCodec kLabelFrame{BLOSC_LZ4_COMPNAME, 9};
constexpr FrameCodec kStepFrame{BLOSC_LZ4HC_COMPNAME, 5};

// Two-bit codes lie in quarters, so that packing and unpacking are shifts of whole vectors: byte j
// holds voxels j, j + q, j + 2 q, j + 3 q, where q is the number of bytes.
size_t packed_bytes(size_t voxels) {
  return (voxels + 3) / 4;
}

void pack_two_bits(const uint8_t* codes, size_t voxels, uint8_t* packed) {
  const size_t quarter = packed_bytes(voxels);
  std::memset(packed, 0, quarter);
  for (size_t part = 0; part * quarter < voxels; ++part) {
    const size_t count = std::min(quarter, voxels - part * quarter);
    const uint8_t* from = codes + part * quarter;
    for (size_t j = 0; j < count; ++j) {
      packed[j] = static_cast<uint8_t>(packed[j] | ((from[j] & 3u) << (2 * part)));
    }
  }
}

constexpr size_t kLanes = 16;
using Lanes = uint8_t __attribute__((vector_size(kLanes)));

Lanes load_lanes(const uint8_t* from) {
  Lanes lanes;
  std::memcpy(&lanes, from, kLanes);
  return lanes;
}

Lanes larger_of(Lanes a, Lanes b) {
  return a > b ? a : b;
}

unsigned sum_of(Lanes lanes) {
  unsigned sum = 0;
  for (size_t i = 0; i < kLanes; ++i)
    sum += lanes[i];
  return sum;
}

// As pack_two_bits, of four whole quarters of whole vectors, and counts what it packs: the voxels'
// sum is the number of 1 and twice that of 2.
LabelCounts pack_and_count(const uint8_t* voxels, size_t quarter, uint8_t* packed) {
  constexpr size_t kBlock = kLanes * 31;  // lanes hold the sum of 31 times four voxels
  Lanes largest{};
  unsigned sum = 0;
  unsigned ones = 0;
  for (size_t begin = 0; begin < quarter; begin += kBlock) {
    Lanes sum_lanes{};
    Lanes one_lanes{};
    const size_t end = std::min(begin + kBlock, quarter);
    for (size_t j = begin; j < end; j += kLanes) {
      const Lanes a = load_lanes(voxels + j);
      const Lanes b = load_lanes(voxels + j + quarter);
      const Lanes c = load_lanes(voxels + j + 2 * quarter);
      const Lanes d = load_lanes(voxels + j + 3 * quarter);
      const Lanes codes = a | b << 2 | c << 4 | d << 6;
      std::memcpy(packed + j, &codes, kLanes);
      largest = larger_of(largest, larger_of(larger_of(a, b), larger_of(c, d)));
      sum_lanes += a + b + c + d;
      one_lanes += (a & 1) + (b & 1) + (c & 1) + (d & 1);
    }
    sum += sum_of(sum_lanes);
    ones += sum_of(one_lanes);
  }
  const unsigned twos = (sum - ones) / 2;
  const auto zeros = static_cast<uint16_t>(4 * quarter - ones - twos);
  LabelCounts labels{{zeros, static_cast<uint16_t>(ones), static_cast<uint16_t>(twos)}, 0};
  for (size_t i = 0; i < kLanes; ++i)
    labels.largest = std::max<uint8_t>(labels.largest, largest[i]);
  return labels;
}

void unpack_two_bits(const uint8_t* packed, size_t voxels, uint8_t* codes) {
  const size_t quarter = packed_bytes(voxels);
  for (size_t part = 0; part * quarter < voxels; ++part) {
    const size_t count = std::min(quarter, voxels - part * quarter);
    uint8_t* to = codes + part * quarter;
    for (size_t j = 0; j < count; ++j) {
      to[j] = static_cast<uint8_t>((packed[j] >> (2 * part)) & 3u);
    }
  }
}

void append_blosc(ByteSpan bytes, const FrameCodec& codec, Bytes& blob) {
  const size_t begin = blob.size();
  const size_t room = bytes.size() + BLOSC_MAX_OVERHEAD;
  blob.resize(begin + room);
  const int stored = blosc_compress_ctx(codec.level, BLOSC_NOSHUFFLE, 1, bytes.size(), bytes.data(),
                                        blob.data() + begin, room, codec.name, bytes.size(), 1);
  if (stored <= 0) {
    throw Error(ErrorCode::kInternal, fmt::format("Blosc failed to compress: {}", stored));
  }
  blob.resize(begin + static_cast<size_t>(stored));
}

void append_codes(ByteSpan codes, const FrameCodec& codec, Bytes& blob) {
  std::array<uint8_t, kMaxLabelVoxels / 4> packed;
  pack_two_bits(codes.data(), codes.size(), packed.data());
  append_blosc(ByteSpan(packed).first(packed_bytes(codes.size())), codec, blob);
}

void decode_blosc(ByteSpan stored, uint8_t* out, size_t out_bytes) {
  size_t decoded_bytes = 0;
  if (blosc_cbuffer_validate(stored.data(), stored.size(), &decoded_bytes) != 0 ||
      decoded_bytes != out_bytes ||
      blosc_decompress_ctx(stored.data(), out, out_bytes, 1) != static_cast<int>(out_bytes)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("brick does not decode to its {} bytes", out_bytes));
  }
}

// Each voxel is told from the one before it along z; in the first plane along y; in the first row
// along x. The differences of a plane or row then are one vector operation each.
size_t step_before(size_t voxel, size_t row, size_t plane) {
  return voxel >= plane ? plane : voxel >= row ? row : 1;
}

void undo_steps(const Zyx& size_zyx, uint8_t first, uint8_t* voxels) {
  const auto row = static_cast<size_t>(size_zyx[2]);
  const size_t plane = row * static_cast<size_t>(size_zyx[1]);
  const size_t count = plane * static_cast<size_t>(size_zyx[0]);
  const auto add = [](uint8_t before, uint8_t code) {
    return static_cast<uint8_t>(before + (code ^ 2u) - 2u);  // two bits, sign-extended
  };
  voxels[0] = first;
  for (size_t i = 1; i < row; ++i)
    voxels[i] = add(voxels[i - 1], voxels[i]);
  for (size_t y = row; y < plane; y += row) {
    for (size_t i = 0; i < row; ++i)
      voxels[y + i] = add(voxels[y + i - row], voxels[y + i]);
  }
  for (size_t z = plane; z < count; z += plane) {
    const uint8_t* __restrict before = voxels + z - plane;
    uint8_t* __restrict here = voxels + z;
    for (size_t i = 0; i < plane; ++i)
      here[i] = add(before[i], here[i]);
  }
}

}  // namespace

std::array<uint16_t, 3> count_labels(ByteSpan voxels) {
  // Counted in lanes of a byte, emptied before they overflow: as fast as the voxels can be loaded.
  constexpr size_t kLanes = 32;
  constexpr size_t kBlock = kLanes * 255;
  std::array<uint16_t, 3> counts{0, 0, 0};
  for (unsigned value = 0; value < 3; ++value) {
    unsigned count = 0;
    size_t i = 0;
    while (i + kLanes <= voxels.size()) {
      std::array<uint8_t, kLanes> lanes{};
      const size_t end = i + std::min(kBlock, (voxels.size() - i) / kLanes * kLanes);
      for (; i < end; i += kLanes) {
        for (size_t lane = 0; lane < kLanes; ++lane) {
          lanes[lane] = static_cast<uint8_t>(lanes[lane] + (voxels[i + lane] == value ? 1 : 0));
        }
      }
      for (const uint8_t lane : lanes)
        count += lane;
    }
    for (; i < voxels.size(); ++i)
      count += voxels[i] == value ? 1 : 0;
    counts[value] = static_cast<uint16_t>(count);
  }
  return counts;
}

std::optional<uint16_t> find_constant(ByteSpan voxels, size_t element_bytes) {
  // Equal to itself one element further on.
  if (std::memcmp(voxels.data(), voxels.data() + element_bytes, voxels.size() - element_bytes)) {
    return std::nullopt;
  }
  uint16_t value = 0;
  std::memcpy(&value, voxels.data(), element_bytes);
  return value;
}

LabelCounts append_labels(ByteSpan voxels, Bytes& blob) {
  std::array<uint8_t, kMaxLabelVoxels / 4> packed;
  const size_t quarter = packed_bytes(voxels.size());
  LabelCounts labels;
  if (voxels.size() == 4 * quarter && quarter % kLanes == 0) {
    labels = pack_and_count(voxels.data(), quarter, packed.data());
  } else {  // a small clipped brick
    labels.largest = *std::max_element(voxels.begin(), voxels.end());
    labels.counts = count_labels(voxels);
    pack_two_bits(voxels.data(), voxels.size(), packed.data());
  }
  const bool is_constant = labels.counts[labels.largest % 3] == voxels.size();
  if (labels.largest <= 2 && !is_constant) {
    append_blosc(ByteSpan(packed).first(quarter), kLabelFrame, blob);
  }
  return labels;
}

bool append_steps(const Zyx& size_zyx, ByteSpan voxels, Bytes& blob) {
  const auto row = static_cast<size_t>(size_zyx[2]);
  const size_t plane = row * static_cast<size_t>(size_zyx[1]);
  std::array<uint8_t, kMaxLabelVoxels> codes;
  codes[0] = 0;
  for (size_t i = 1; i < voxels.size(); ++i) {
    const int step = static_cast<int8_t>(voxels[i]) -
                     static_cast<int8_t>(voxels[i - step_before(i, row, plane)]);
    if (step < -2 || step > 1) return false;
    codes[i] = static_cast<uint8_t>(step) & 3u;
  }
  append_codes(ByteSpan(codes).first(voxels.size()), kStepFrame, blob);
  return true;
}

void decode_brick(const VolumeShape& shape, const Box& box, const BrickEntry& entry,
                  ByteSpan stored, std::span<uint8_t> voxels) {
  switch (entry.encoding) {
    case BrickEncoding::kRaw:
      std::memcpy(voxels.data(), stored.data(), voxels.size());
      return;
    case BrickEncoding::kConstant:
      if (dtype_size(shape.dtype) == 1) {
        std::memset(voxels.data(), entry.value_bits, voxels.size());
      } else {
        for (size_t i = 0; i < voxels.size(); i += 2) {
          std::memcpy(voxels.data() + i, &entry.value_bits, 2);
        }
      }
      return;
    case BrickEncoding::kLabels:
    case BrickEncoding::kSteps: {
      std::array<uint8_t, kMaxLabelVoxels / 4> packed;
      // Packed bricks have one channel, so that voxels fit.
      decode_blosc(stored, packed.data(), packed_bytes(voxels.size()));
      unpack_two_bits(packed.data(), voxels.size(), voxels.data());
      if (entry.encoding == BrickEncoding::kSteps) {
        undo_steps(box.size_zyx, static_cast<uint8_t>(entry.value_bits), voxels.data());
      }
      return;
    }
  }
}

}  // namespace stoker
