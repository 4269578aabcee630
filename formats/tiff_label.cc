#include "formats/tiff_label.h"

#include <tiffio.h>

#include <cstring>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr uint8_t kLargestLabel = 2;

[[noreturn]] void refuse(const std::string& value, uint64_t y, uint64_t x) {
  throw Error(ErrorCode::kCorrupt, "label value " + value + " at y " + std::to_string(y) + ", x " +
                                       std::to_string(x) +
                                       ": labels are 0 (background), 1 (surface) and 2 (ignored)");
}

template <typename Value>
void take_values(const TiffPage& page, const uint8_t* stored, uint8_t* out) {
  for (uint64_t y = 0; y < page.height; ++y, stored += page.row_bytes()) {
    for (uint64_t x = 0; x < page.width; ++x) {
      Value value;
      std::memcpy(&value, stored + x * sizeof(Value), sizeof(Value));
      const bool is_label = value == Value{0} || value == Value{1} || value == Value{2};
      if (!is_label) refuse(std::to_string(value), y, x);
      *out++ = static_cast<uint8_t>(value);
    }
  }
}

// Several voxels a byte, the first in the highest bits; rows begin with a byte.
void take_bits(const TiffPage& page, const uint8_t* stored, uint8_t* out) {
  const unsigned bits = page.sample.bits;
  const unsigned in_a_byte = 8 / bits;
  const unsigned mask = (1u << bits) - 1;
  for (uint64_t y = 0; y < page.height; ++y, stored += page.row_bytes()) {
    for (uint64_t x = 0; x < page.width; ++x) {
      const auto shift = static_cast<unsigned>((in_a_byte - 1 - x % in_a_byte) * bits);
      const unsigned value = stored[x / in_a_byte] >> shift & mask;
      if (value > kLargestLabel) refuse(std::to_string(value), y, x);
      *out++ = static_cast<uint8_t>(value);
    }
  }
}

}  // namespace

bool can_hold_labels(const TiffSample& sample) {
  switch (sample.format) {
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
      if (sample.bits < 8) return sample.bits == 1 || sample.bits == 2 || sample.bits == 4;
      [[fallthrough]];
    case SAMPLEFORMAT_INT:
      return sample.bits == 8 || sample.bits == 16 || sample.bits == 32 || sample.bits == 64;
    case SAMPLEFORMAT_IEEEFP:
      return sample.bits == 32 || sample.bits == 64;
    default:
      return false;
  }
}

void labels_from_page(const TiffPage& page, ByteSpan stored, uint8_t* out) {
  const uint8_t* from = stored.data();
  if (page.sample.format == SAMPLEFORMAT_IEEEFP) {
    page.sample.bits == 32 ? take_values<float>(page, from, out)
                           : take_values<double>(page, from, out);
    return;
  }
  // Labels are small: whether a number is signed shows in the others alone.
  const bool is_signed = page.sample.format == SAMPLEFORMAT_INT;
  switch (page.sample.bits) {
    case 8:
      return is_signed ? take_values<int8_t>(page, from, out)
                       : take_values<uint8_t>(page, from, out);
    case 16:
      return is_signed ? take_values<int16_t>(page, from, out)
                       : take_values<uint16_t>(page, from, out);
    case 32:
      return is_signed ? take_values<int32_t>(page, from, out)
                       : take_values<uint32_t>(page, from, out);
    case 64:
      return is_signed ? take_values<int64_t>(page, from, out)
                       : take_values<uint64_t>(page, from, out);
    default:
      return take_bits(page, from, out);
  }
}

}  // namespace stoker
