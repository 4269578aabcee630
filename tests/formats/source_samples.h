// A source read to its end, as plain values to compare.
#pragma once

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "formats/format_table.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker::testing {

struct ReadSample {
  std::map<std::string, std::string> bytes;  // by field
  std::map<std::string, Extents> shapes;
  std::string error;  // why it could not be read
  size_t split = 0;

  int32_t label() const {
    return load_le<int32_t>(reinterpret_cast<const uint8_t*>(bytes.at("label").data()));
  }
};

// What golden scripts write bytes as: two digits each.
inline std::string from_hex(const std::string& digits) {
  std::string bytes;
  for (size_t at = 0; at + 1 < digits.size(); at += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(at, 2), nullptr, 16));
  return bytes;
}

// What a value's bytes are as little-endian numbers.
template <typename T>
std::vector<T> numbers_in(const std::string& bytes) {
  std::vector<T> values;
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
    values.push_back(load_le<T>(reinterpret_cast<const uint8_t*>(bytes.data()) + at));
  return values;
}

inline ReadSample read_one(const SourceReader& reader, uint64_t item) {
  Sample sample;
  sample.item = item;
  sample.name = reader.items()[item].name;
  ReadSample found;
  found.split = reader.items()[item].split;
  try {
    reader.read(sample);
  } catch (const Error& error) {
    found.error = error.what();
    return found;
  }
  for (size_t f = 0; f < reader.schema().fields.size(); ++f) {
    const std::string& name = reader.schema().fields[f].name;
    found.bytes[name] = as_text(sample.values.at(f).bytes);
    found.shapes[name] = sample.values[f].shape;
  }
  return found;
}

inline std::map<std::string, ReadSample> read_all(const SourceReader& reader) {
  std::map<std::string, ReadSample> samples;
  for (uint64_t i = 0; i < reader.items().size(); ++i)
    samples[reader.items()[i].name] = read_one(reader, i);
  return samples;
}

inline std::unique_ptr<SourceReader> open_source(const std::string& format,
                                                 const std::filesystem::path& path,
                                                 std::map<std::string, std::string> fields = {},
                                                 bool skip_damaged = false) {
  SourceRequest request;
  request.inputs = {path};
  request.fields = std::move(fields);
  request.skip_damaged = skip_damaged;
  return format_to_read(format).open_reader(request);
}

inline std::string all_notes(const SourceReader& reader) {
  std::string text;
  for (const SampleNote& note : reader.facts().notes)
    text += note.name + ": " + note.reason + "\n";
  return text;
}

// Thousands of small files in a row: without the sync that an atomic write waits for, and that ext4
// gives a file which is cut to nothing and written again.
inline void overwrite(const std::filesystem::path& path, ByteSpan bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

// What `work` throws, or "".
template <typename Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace stoker::testing
