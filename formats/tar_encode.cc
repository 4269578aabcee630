#include "formats/tar_encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "formats/tar_header.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr size_t kNameBytes = 100;
constexpr size_t kPrefixBytes = 155;
constexpr size_t kPrefixOffset = 345;
constexpr uint64_t kMaxOctalSize = 077777777777;
constexpr uint64_t kRecordBytes = 20 * kTarBlockBytes;

struct SplitName {
  std::string_view prefix;
  std::string_view name;
};

// Nothing where no slash parts the name so that both halves fit.
std::optional<SplitName> split_name(std::string_view name) {
  if (name.size() <= kNameBytes) return SplitName{{}, name};
  const size_t first = name.size() - kNameBytes - 1;  // of slashes that leave a short enough rest
  const size_t slash = name.find('/', first);
  if (slash == name.npos || slash == 0 || slash > kPrefixBytes || slash + 1 == name.size()) {
    return std::nullopt;
  }
  return SplitName{name.substr(0, slash), name.substr(slash + 1)};
}

void put(std::string_view text, size_t offset, uint8_t* block) {
  std::copy(text.begin(), text.end(), block + offset);  // an empty one may have no place
}

void append_block(const SplitName& name, uint64_t size_bytes, char type, Bytes& out) {
  const size_t begin = out.size();
  out.resize(begin + kTarBlockBytes, 0);
  uint8_t* block = out.data() + begin;
  put(name.name, 0, block);
  put("0000444", 100, block);
  put("0000000", 108, block);  // owner
  put("0000000", 116, block);  // group
  put(fmt::format("{:011o}", size_bytes), 124, block);
  put("00000000000", 136, block);  // time
  put("        ", 148, block);     // the checksum counts as spaces in itself
  block[156] = static_cast<uint8_t>(type);
  put("ustar", 257, block);
  put("00", 263, block);
  put("0000000", 329, block);  // device
  put("0000000", 337, block);
  put(name.prefix, kPrefixOffset, block);
  uint32_t sum = 0;
  for (size_t i = 0; i < kTarBlockBytes; ++i)
    sum += block[i];
  put(fmt::format("{:06o}", sum), 148, block);
  block[154] = 0;
}

// "LENGTH KEYWORD=VALUE\n", where LENGTH counts its own digits.
std::string pax_record(std::string_view keyword, std::string_view value) {
  const size_t rest = keyword.size() + value.size() + 3;
  size_t length = rest + 1;
  while (fmt::formatted_size("{}", length) + rest != length)
    length = fmt::formatted_size("{}", length) + rest;
  return fmt::format("{} {}={}\n", length, keyword, value);
}

}  // namespace

void append_tar_header(std::string_view name, uint64_t size_bytes, Bytes& out) {
  const std::optional<SplitName> split = split_name(name);
  std::string records;
  if (!split) records += pax_record("path", name);
  if (size_bytes > kMaxOctalSize) records += pax_record("size", std::to_string(size_bytes));
  if (!records.empty()) {
    append_block({{}, "././@PaxHeader"}, records.size(), 'x', out);
    const ByteSpan body = as_bytes(records);
    out.insert(out.end(), body.begin(), body.end());
    out.resize(out.size() + tar_padding(records.size()), 0);
  }
  const SplitName stored = split ? *split : SplitName{{}, name.substr(name.size() - kNameBytes)};
  append_block(stored, size_bytes > kMaxOctalSize ? 0 : size_bytes, '0', out);
}

uint64_t tar_padding(uint64_t size_bytes) {
  return (kTarBlockBytes - size_bytes % kTarBlockBytes) % kTarBlockBytes;
}

Bytes tar_end(uint64_t archive_bytes) {
  const uint64_t with_mark = archive_bytes + 2 * kTarBlockBytes;
  const uint64_t whole = (with_mark + kRecordBytes - 1) / kRecordBytes * kRecordBytes;
  return Bytes(static_cast<size_t>(whole - archive_bytes), 0);
}

}  // namespace stoker
