// Any bytes as a .beton file: an Error, or values within it.
#include <cstdlib>

#include "formats/beton/beton_layout.h"
#include "libdata/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan file(data, size);
  stoker::looks_like_beton(file, size);
  stoker::BetonLayout layout;
  std::vector<uint64_t> sizes;
  try {
    layout = stoker::parse_beton_layout(file);
    sizes = stoker::parse_beton_table(file, layout);
  } catch (const stoker::Error&) {
    return 0;
  }
  auto value = sizes.begin();
  for (uint64_t sample = 0; sample < layout.samples; ++sample) {
    const stoker::ByteSpan row = layout.row(file, sample);
    for (const stoker::BetonField& field : layout.fields) {
      stoker::ByteSpan bytes;
      if (field.has_value()) {
        const uint64_t offset = stoker::parse_beton_cell(field, row).value_offset;
        if (*value > 0 && (offset > size || *value > size - offset)) std::abort();
        if (*value > 0) bytes = file.subspan(offset, *value);
        ++value;
      }
      if (!field.fault.empty()) continue;
      try {
        stoker::Sample memory;
        stoker::decode_beton(field, row, bytes, memory);
      } catch (const stoker::Error&) {
      }
    }
  }
  return 0;
}
