#include "trainer/report/event_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "libdata/core/crc32c.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {

namespace fs = std::filesystem;

namespace {

template <typename Value>
std::string little_endian(Value value) {
  std::string bytes(sizeof(Value), '\0');
  store_le(reinterpret_cast<uint8_t*>(bytes.data()), value);
  return bytes;
}

std::string masked_crc(std::string_view bytes) {
  return little_endian(mask_crc32c(crc32c(as_bytes(bytes))));
}

std::string frame(std::string_view event) {
  const std::string length = little_endian(static_cast<uint64_t>(event.size()));
  std::string record = length + masked_crc(length);
  record += event;
  return record + masked_crc(event);
}

// Protobuf's wire form: a key (field number and kind), then the value.
enum class Wire : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::string varint(uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7)
    bytes += static_cast<char>(value | 0x80);
  return bytes + static_cast<char>(value);
}

std::string key(uint32_t field, Wire wire) {
  return varint((field << 3) | static_cast<uint32_t>(wire));
}

std::string bytes_field(uint32_t field, std::string_view bytes) {
  return key(field, Wire::kBytes) + varint(bytes.size()) + std::string(bytes);
}

// Event: 1 wall_time, 2 step; 3 file_version, 5 summary and 7 session_log are one of.
std::string event_of(uint64_t step, const std::string& content) {
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  return key(1, Wire::kFixed64) + little_endian(now.count()) + key(2, Wire::kVarint) +
         varint(step) + content;
}

// Summary.Value: 1 tag, 2 simple_value.
std::string scalar(const std::string& tag, double value) {
  return bytes_field(
      1, bytes_field(1, tag) + key(2, Wire::kFixed32) + little_endian(static_cast<float>(value)));
}

std::string session_start() {
  constexpr uint64_t kStart = 1;
  return bytes_field(7, key(1, Wire::kVarint) + varint(kStart));
}

// TensorBoard knows an event file by "tfevents" and reads a folder's in the order of their names.
fs::path new_file_name() {
  using std::chrono::duration_cast;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') host = {"host"};
  const auto micros = duration_cast<std::chrono::microseconds>(now).count();
  return fmt::format("events.out.tfevents.{}.{}.{:06}.{}", micros / 1000000, host.data(),
                     micros % 1000000, ::getpid());
}

}  // namespace

EventFile::EventFile(const fs::path& folder, uint64_t first_step) {
  fs::create_directories(folder);
  path_ = folder / new_file_name();
  out_.open(path_, std::ios::binary | std::ios::app);
  if (!out_) throw system_error("open", path_.string(), errno);
  write(event_of(0, bytes_field(3, "brain.Event:2")));
  if (first_step > 0) write(event_of(first_step, session_start()));
}

void EventFile::add(uint64_t step, const Scalars& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars)
    summary += scalar(tag, value);
  write(event_of(step, bytes_field(5, summary)));
}

void EventFile::write(std::string_view event) {
  out_ << frame(event) << std::flush;
  if (!out_) throw system_error("write", path_.string(), errno);
}

}  // namespace stoker
