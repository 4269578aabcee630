#include "formats/records/record_file.h"

#include <fmt/format.h>

#include <utility>

#include "libdata/core/error.h"
#include "libdata/sample/inline_number.h"

namespace stoker {

RecordCell array_cell(ByteSpan bytes, const ElementType& type, std::vector<uint64_t> shape) {
  uint64_t size = type.size_bytes;
  bool fits = true;
  for (const uint64_t extent : shape)
    fits = fits && !__builtin_mul_overflow(size, extent, &size);
  if (!fits || size != bytes.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("an array of {} of shape ({}) is expected, there are {} bytes",
                            element_type_name(type), fmt::join(shape, ", "), bytes.size()));
  }
  RecordCell cell;
  cell.bytes = bytes;
  cell.is_array = true;
  cell.type = type;
  cell.shape = std::move(shape);
  return cell;
}

RecordCell bytes_cell(ByteSpan bytes) {
  RecordCell cell;
  cell.bytes = bytes;
  return cell;
}

RecordCell int64_cell(int64_t number, Sample& memory) {
  return array_cell(inline_number(number, memory).bytes, {ElementKind::kSigned, 8, false}, {});
}

RecordCell float64_cell(double number, Sample& memory) {
  return array_cell(inline_number(number, memory).bytes, {ElementKind::kFloat, 8, false}, {});
}

}  // namespace stoker
