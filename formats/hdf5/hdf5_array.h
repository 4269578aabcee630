// What an HDF5 file says of one of its data sets. Plain values; nothing of the library is in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

enum class Hdf5Kind {
  kNumber,     // integers, floats, booleans, enumerations
  kText,       // fixed length, padded
  kVlenText,   // any length
  kBytes,      // opaque, fixed length
  kVlenBytes,  // any length: whole files, mostly
  kOther,      // compounds, references and the like: not read
};

// One element as it is stored.
struct Hdf5Type {
  Hdf5Kind kind = Hdf5Kind::kOther;
  char number = 'u';  // kNumber: 'u', 'i' or 'f'
  bool big_endian = false;
  uint64_t size_bytes = 0;               // of an element in the file; 16 for those of any length
  bool space_padded = false;             // kText: else by zeros
  std::vector<std::string> value_names;  // of an enumeration of 0, 1, 2 ...
  std::string name;                      // for messages: "float64", "compound"

  bool is_integer() const { return kind == Hdf5Kind::kNumber && number != 'f'; }
  bool operator==(const Hdf5Type&) const = default;
};

// The neutral type that numbers of this type are read as: themselves where there is one; uint32 and
// uint64 as int64, float64 as float32 (element_conversion.h). Precondition: kNumber.
DType neutral_dtype(const Hdf5Type& type);

enum class Hdf5Layout { kContiguous, kChunked, kOther };

struct Hdf5Filter {
  int32_t id = 0;
  std::string name;
  std::vector<uint32_t> parameters;
};

struct Hdf5Array {
  std::string path;  // in the file, without a slash in front
  std::vector<uint64_t> shape;
  Hdf5Type type;
  Hdf5Layout layout = Hdf5Layout::kOther;
  std::optional<uint64_t> offset_bytes;  // kContiguous, where it has been written
  std::vector<uint64_t> chunk;           // kChunked: extents of a chunk
  std::vector<Hdf5Filter> filters;       // kChunked, in the order in which they were applied
  Bytes fill;                            // one element
  std::vector<std::string> class_names;  // attribute "class_names"
  std::string matlab_class;              // attribute "MATLAB_class"

  uint64_t element_count() const;
  uint64_t size_bytes() const { return element_count() * type.size_bytes; }
  uint64_t chunk_bytes() const;  // of a whole chunk, unpacked
};

std::string describe_shape(const std::vector<uint64_t>& shape);  // "(60000, 28, 28)"

}  // namespace stoker
