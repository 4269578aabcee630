#include "trainer/predict/predict_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {
namespace {

constexpr const char* kSuffix = ".tif";
// File systems take 255 bytes; ".tif" and the ".tmp" of a file that is being written go off.
constexpr size_t kMaxStemBytes = 240;

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string with_hash(const std::string& stem, std::string_view name) {
  const std::string hash = "-" + to_hex(xxh3_64(as_bytes(name)));
  return stem.substr(0, kMaxStemBytes - hash.size()) + hash;
}

std::string safe_stem(std::string_view name) {
  std::string stem(name);
  std::replace_if(
      stem.begin(), stem.end(), [](char c) { return c == '/' || is_control(c); }, '_');
  if (stem.empty() || stem.front() == '.') stem.replace(0, stem.empty() ? 0 : 1, "_");
  return stem.size() > kMaxStemBytes ? with_hash(stem, name) : stem;
}

// Bytes of the UTF-8 character at the start of `text`; 0 where there is none. RFC 3629: no
// surrogates, no overlong forms, nothing past U+10FFFF.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xc2 && first < 0xe0   ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool bad = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                   (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
  return bad ? 0 : length;
}

}  // namespace

std::vector<std::string> mask_file_names(std::span<const std::string> names) {
  std::map<std::string, size_t> uses;
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    ++uses[safe_stem(name)];
    if (!seen.insert(name).second) {
      throw Error(ErrorCode::kCorrupt, "two volumes are called '" + shown_name(name) +
                                           "': their masks would be one file");
    }
  }
  std::vector<std::string> files;
  for (const std::string& name : names) {
    const std::string stem = safe_stem(name);
    const bool shared = uses[stem] > 1 && stem != name;
    files.push_back((shared ? with_hash(stem, name) : stem) + kSuffix);
  }
  return files;
}

std::string shown_name(std::string_view name) {
  std::string shown;
  while (!name.empty()) {
    const size_t length = utf8_length(name);
    if (name.front() == '\\') {
      shown += "\\\\";
    } else if (length == 0 || is_control(name.front())) {
      shown += fmt::format("\\x{:02x}", static_cast<unsigned char>(name.front()));
    } else {
      shown += name.substr(0, length);
    }
    name.remove_prefix(std::max<size_t>(1, length));
  }
  return shown;
}

}  // namespace stoker
