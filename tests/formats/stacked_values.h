// Reading whole sources of arrays in tests, and the arrays that golden files hold.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/format.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker::testing {

inline std::filesystem::path golden(const std::string& name) {
  return std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden" / name;
}

// Without waiting for the disk: of damage tests there are thousands. A new file each time, since
// file systems flush one that is cut to nothing and written again.
inline void write_quickly(const std::filesystem::path& path, const Bytes& bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

// Element i of the arrays that tests/golden/generate_arrays.py writes.
inline int counted(uint64_t i) {
  return static_cast<int>((i * 7 + 3) % 251);
}

inline std::unique_ptr<SourceReader> open_source(const Format& format,
                                                 const std::vector<std::filesystem::path>& inputs,
                                                 std::map<std::string, std::string> fields = {}) {
  SourceRequest request;
  request.inputs = inputs;
  request.fields = std::move(fields);
  return format.open_reader(request);
}

inline Sample read_sample(const SourceReader& reader, uint64_t item) {
  Sample sample;
  sample.item = item;
  sample.name = reader.items()[item].name;
  reader.read(sample);
  return sample;
}

// The numbers of one field of one sample.
template <typename T>
std::vector<T> numbers(const SourceReader& reader, uint64_t item, const std::string& field) {
  const Sample sample = read_sample(reader, item);
  const ByteSpan bytes = sample.values[reader.schema().require(field)].bytes;
  std::vector<T> values;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
    values.push_back(load_le<T>(bytes.data() + at));
  return values;
}

inline Extents shape_of(const SourceReader& reader, uint64_t item, const std::string& field) {
  return read_sample(reader, item).values[reader.schema().require(field)].shape;
}

// What opening (and reading) says where it fails.
inline std::string failure(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Reads everything; the number of samples.
inline uint64_t read_all(const SourceReader& reader) {
  for (uint64_t item = 0; item < reader.items().size(); ++item)
    read_sample(reader, item);
  return reader.items().size();
}

}  // namespace stoker::testing
