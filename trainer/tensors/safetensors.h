// safetensors: named arrays in one file, as Python's torch, timm and others read them.
//
// Layout: u64 header length, JSON header {name: {dtype, shape, data_offsets}, "__metadata__":
// {...}}, then the arrays' bytes, packed. Everything is little-endian, C order. Thread-safety:
// const reads from any number of threads. Ownership: a TensorView points into the bytes it was made
// from. Errors: Corrupt for anything the format forbids (length past the file or past 100 MB, not
// JSON, a name twice, gaps, overlaps, sizes that do not follow from dtype and shape); Unsupported
// for a dtype not listed in safetensors_dtype_size. Source: huggingface/safetensors, README,
// "Format".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {

struct TensorView {
  std::string name;
  std::string dtype;  // "F32", "I64", "U8" ...
  std::vector<int64_t> shape;
  ByteSpan bytes;
};

struct TensorTable {
  std::vector<TensorView> tensors;  // in the order of their bytes
  std::map<std::string, std::string> metadata;

  const TensorView* find(std::string_view name) const;
};

uint64_t safetensors_dtype_size(std::string_view dtype);  // bytes of an element

// Checks the whole header before a view is given out. The views point into `file`.
TensorTable parse_safetensors(ByteSpan file);

// A mapped file and its table.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);
  const std::string& path() const { return file_.path(); }
  const TensorTable& table() const { return table_; }
  ByteSpan bytes() const { return file_.bytes(); }

 private:
  MappedFile file_;
  TensorTable table_;
};

// The header for these tensors, padded with spaces so that the arrays start at a multiple of 8.
// InvalidArgument where a name comes twice or bytes do not match dtype and shape.
std::string safetensors_header(std::span<const TensorView> tensors,
                               const std::map<std::string, std::string>& metadata);

struct WrittenFile {
  uint64_t size_bytes = 0;
  Hash128 hash;
};

// Replaces `path` as a whole (AtomicFile).
WrittenFile write_safetensors(const std::filesystem::path& path,
                              std::span<const TensorView> tensors,
                              const std::map<std::string, std::string>& metadata);

}  // namespace stoker
