// tf.train.Examples for tests, written after the specification of protocol buffers and with the
// least means, so that nothing of the code under test is in them but its checksum (which
// crc32c_test.cc holds against published values).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "libdata/core/crc32c.h"
#include "libdata/core/files.h"

namespace stoker::testing {

inline std::string pb_number(uint64_t value) {
  std::string out;
  for (; value >= 128; value /= 128)
    out += static_cast<char>(value % 128 + 128);
  return out + static_cast<char>(value);
}
inline std::string pb_bytes(int field, const std::string& value) {
  return pb_number(static_cast<uint64_t>(field) * 8 + 2) + pb_number(value.size()) + value;
}
inline std::string pb_integer(int field, uint64_t value) {
  return pb_number(static_cast<uint64_t>(field) * 8) + pb_number(value);
}

inline std::string bytes_feature(const std::string& value) {
  return pb_bytes(1, pb_bytes(1, value));
}
inline std::string packed_ints(const std::vector<int64_t>& values) {
  std::string all;
  for (const int64_t value : values)
    all += pb_number(static_cast<uint64_t>(value));
  return pb_bytes(3, pb_bytes(1, all));
}
inline std::string single_ints(const std::vector<int64_t>& values) {
  std::string all;
  for (const int64_t value : values)
    all += pb_integer(1, static_cast<uint64_t>(value));
  return pb_bytes(3, all);
}
inline std::string float_bytes(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}
inline std::string packed_floats(const std::vector<float>& values) {
  return pb_bytes(2, pb_bytes(1, float_bytes(values)));
}
inline std::string single_floats(const std::vector<float>& values) {
  std::string all;
  for (const float value : values)
    all += pb_number(1 * 8 + 5) + float_bytes({value});
  return pb_bytes(2, all);
}

using ExampleParts = std::vector<std::pair<std::string, std::string>>;  // name, feature

inline std::string example_of(const ExampleParts& parts) {
  std::string features;
  for (const auto& [name, feature] : parts)
    features += pb_bytes(1, pb_bytes(1, name) + pb_bytes(2, feature));
  return pb_bytes(1, features);
}

inline std::string little_endian(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i)
    out += static_cast<char>(value >> (8 * i));
  return out;
}

inline std::string record_of(const std::string& data) {
  const std::string length = little_endian(data.size(), 8);
  return length + little_endian(mask_crc32c(crc32c(as_bytes(length))), 4) + data +
         little_endian(mask_crc32c(crc32c(as_bytes(data))), 4);
}

}  // namespace stoker::testing
