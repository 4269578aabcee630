// Reading HDF5 files as convert-dataset does, and the values that tests/golden/generate_hdf5.py
// wrote.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "formats/hdf5/hdf5_format.h"
#include "libdata/core/little_endian.h"

namespace stoker::testing {

inline std::filesystem::path golden_hdf5(const std::string& name) {
  return std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/hdf5" / name;
}

inline std::unique_ptr<SourceReader> open_hdf5(const std::vector<std::filesystem::path>& inputs,
                                               std::map<std::string, std::string> fields = {},
                                               const std::string& split = "") {
  SourceRequest request;
  request.inputs = inputs;
  request.fields = std::move(fields);
  request.split = split;
  return hdf5_format().open_reader(request);
}

inline std::unique_ptr<SourceReader> open_golden(const std::string& name,
                                                 std::map<std::string, std::string> fields = {}) {
  return open_hdf5({golden_hdf5(name)}, std::move(fields));
}

inline Sample read_item(const SourceReader& reader, uint64_t item) {
  Sample sample;
  sample.item = item;
  sample.name = reader.items()[item].name;
  reader.read(sample);
  return sample;
}

inline FieldValue value_of(const SourceReader& reader, const Sample& sample,
                           const std::string& field) {
  return sample.values[reader.schema().require(field)];
}

template <typename T>
std::vector<T> numbers_of(const FieldValue& value) {
  std::vector<T> numbers(value.bytes.size() / sizeof(T));
  std::memcpy(numbers.data(), value.bytes.data(), value.bytes.size());
  return numbers;
}

template <typename T>
T number_of(const SourceReader& reader, uint64_t item, const std::string& field) {
  const Sample sample = read_item(reader, item);
  return load_le<T>(value_of(reader, sample, field).bytes.data());
}

// image[n]: 6 x 5 x 3.
inline Bytes golden_image(uint64_t n) {
  Bytes pixels;
  for (uint64_t y = 0; y < 6; ++y)
    for (uint64_t x = 0; x < 5; ++x)
      for (uint64_t c = 0; c < 3; ++c)
        pixels.push_back(static_cast<uint8_t>(50 * n + 7 * y + 3 * x + c));
  return pixels;
}

// volume[n], planes 0 to `planes`: each 4 x 6.
inline std::vector<uint16_t> golden_volume(uint64_t n, uint64_t planes = 6) {
  std::vector<uint16_t> voxels;
  for (uint64_t z = 0; z < planes; ++z)
    for (uint64_t y = 0; y < 4; ++y)
      for (uint64_t x = 0; x < 6; ++x)
        voxels.push_back(static_cast<uint16_t>(1000 * n + 100 * z + 10 * y + x));
  return voxels;
}

// What does not pack.
inline Bytes golden_noise(size_t count) {
  uint32_t state = 12345;
  Bytes values;
  for (size_t i = 0; i < count; ++i) {
    state = (1103515245u * state + 12345u) & 0x7fffffffu;
    values.push_back(static_cast<uint8_t>(state >> 15));
  }
  return values;
}

inline Bytes bytes_of(const FieldValue& value) {
  return {value.bytes.begin(), value.bytes.end()};
}

}  // namespace stoker::testing
