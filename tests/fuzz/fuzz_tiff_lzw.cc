// Two bytes of length, then any codes: the bytes that a decoder by the book gives, or an Error
// where it finds none.
#include <cstdlib>
#include <optional>
#include <vector>

#include "formats/tiff_lzw.h"
#include "libdata/core/error.h"

namespace {
using stoker::Bytes;

// TIFF 6.0, section 13, word by word: a table of whole strings.
std::optional<Bytes> decode_by_the_book(stoker::ByteSpan stored, size_t size) {
  std::vector<Bytes> table;
  Bytes last;
  Bytes out;
  size_t bit = 0;
  while (out.size() < size) {
    const size_t free = 258 + table.size();
    const size_t width = free >= 2047 ? 12 : free >= 1023 ? 11 : free >= 511 ? 10 : 9;
    if (bit + width > stored.size() * 8) return std::nullopt;
    size_t code = 0;
    for (const size_t end = bit + width; bit < end; ++bit)
      code = code << 1 | (stored[bit / 8] >> (7 - bit % 8) & 1u);
    if (code == 257) return std::nullopt;
    if (code == 256) {
      table.clear();
      last.clear();
      continue;
    }
    const bool adds = !last.empty() && free < 4096;
    if (code >= free + (adds ? 1 : 0)) return std::nullopt;
    Bytes string = code < 256    ? Bytes{static_cast<uint8_t>(code)}
                   : code < free ? table[code - 258]
                                 : last;
    if (code == free) string.push_back(last.front());  // the string that is only now made
    if (adds) {
      last.push_back(string.front());
      table.push_back(last);
    }
    out.insert(out.end(), string.begin(), string.end());
    last = std::move(string);
  }
  out.resize(size);
  return out;
}

std::optional<Bytes> decode(stoker::ByteSpan stored, size_t size) {
  Bytes out(size);
  try {
    stoker::decode_tiff_lzw(stored, out);
  } catch (const stoker::Error&) {
    return std::nullopt;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t out_bytes = data[0] | data[1] << 8;
  const stoker::ByteSpan stored(data + 2, size - 2);
  if (decode(stored, out_bytes) != decode_by_the_book(stored, out_bytes)) std::abort();
  return 0;
}
