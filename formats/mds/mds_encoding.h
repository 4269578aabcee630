// How MDS holds one value of a column.
//
// Read: bytes, str, int, uint8 to uint64, int8 to int64, float16 to float64, str_int, str_float,
// ndarray in its four forms (dtype and shape fixed or not), jpeg, jpeg_array, png, pil (1, L, RGB,
// RGBA), and json as text. Not read: pkl, which only unpickling could, lists of images,
// str_decimal. Thread-safety: pure functions. Errors: Unsupported for an encoding that is not read;
// of values, Corrupt and Unsupported. Source: MosaicML Streaming, base/format/mds/encodings.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/records/record_file.h"

namespace stoker {

struct MdsEncoding {
  enum class Form : uint8_t { kBytes, kText, kImage, kPil, kScalar, kTextInt, kTextFloat, kArray };
  Form form = Form::kBytes;
  std::optional<ElementType> type;               // of scalars, and arrays of one type
  std::optional<std::vector<uint64_t>> shape{};  // of arrays of one shape
  std::optional<uint64_t> size_bytes() const;    // of every value, where that is one
};

MdsEncoding parse_mds_encoding(const std::string& text);
RecordColumn mds_column(const std::string& name, const MdsEncoding& encoding);
RecordCell decode_mds(const MdsEncoding& encoding, ByteSpan bytes, Sample& memory);

}  // namespace stoker
