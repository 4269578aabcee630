#include "formats/tiff_directory.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Smallest directory there is: a count, one entry, the offset of the next.
constexpr uint64_t kSmallestClassicDirectory = 2 + 12 + 4;

// Numbers in the file's own byte order and its own offset width, never past its end.
class DirectoryBytes {
 public:
  explicit DirectoryBytes(ByteSpan file) : file_(file) {
    if (file.size() < 8) throw Error(ErrorCode::kCorrupt, too_short(8), "", 0);
    const bool little = file[0] == 'I' && file[1] == 'I';
    big_endian_ = file[0] == 'M' && file[1] == 'M';
    const uint64_t version = little || big_endian_ ? number(2, 2) : 0;
    if (version != 42 && version != 43) {
      throw Error(ErrorCode::kCorrupt,
                  "expected a TIFF (\"II\" or \"MM\", then 42 or 43), found other bytes; is this "
                  "file what its name says?",
                  "", 0);
    }
    big_tiff_ = version == 43;
    if (big_tiff_ && (number(4, 2) != 8 || number(6, 2) != 0)) {
      throw Error(ErrorCode::kCorrupt, "expected BigTIFF with 8-byte offsets", "", 4);
    }
  }

  uint64_t first_directory() const { return big_tiff_ ? number(8, 8) : number(4, 4); }

  // Offset of the directory after the one at `offset`; 0 at the end.
  uint64_t next_directory(uint64_t offset) const {
    const uint64_t count_bytes = big_tiff_ ? 8 : 2;
    const uint64_t entry_bytes = big_tiff_ ? 20 : 12;
    const uint64_t entries = number(offset, count_bytes);
    const uint64_t left = file_.size() - offset - count_bytes;
    if (entries == 0 || entries > left / entry_bytes) {
      throw Error(ErrorCode::kCorrupt,
                  "TIFF directory of " + std::to_string(entries) +
                      " entries does not fit the file; is the file cut short?",
                  "", offset);
    }
    return number(offset + count_bytes + entries * entry_bytes, big_tiff_ ? 8 : 4);
  }

 private:
  std::string too_short(uint64_t end) const {
    return "TIFF ends at byte " + std::to_string(file_.size()) + ", expected at least " +
           std::to_string(end) + "; is the file cut short?";
  }

  uint64_t number(uint64_t offset, uint64_t width) const {
    if (offset > file_.size() || width > file_.size() - offset) {
      throw Error(ErrorCode::kCorrupt, too_short(offset + width), "", offset);
    }
    uint64_t value = 0;
    for (uint64_t i = 0; i < width; ++i) {
      const uint64_t byte = file_[offset + i];
      value |= byte << (8 * (big_endian_ ? width - 1 - i : i));
    }
    return value;
  }

  ByteSpan file_;
  bool big_endian_ = false;
  bool big_tiff_ = false;
};

// The value of a "key=123" line; 0 where there is none.
uint64_t line_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
      const std::string_view digits = line.substr(key.size() + 1);
      uint64_t value = 0;
      std::from_chars(digits.data(), digits.data() + digits.size(), value);
      return value;
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return 0;
}

std::optional<DescribedStack> parse_imagej(std::string_view text) {
  const uint64_t images = line_value(text, "images");
  if (images == 0) return std::nullopt;
  int long_axes = 0;
  for (const std::string_view axis : {"channels", "slices", "frames"}) {
    long_axes += line_value(text, axis) > 1 ? 1 : 0;
  }
  return DescribedStack{images, long_axes > 1};
}

std::optional<DescribedStack> parse_tifffile(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("shape") || !json["shape"].is_array()) {
    return std::nullopt;
  }
  const nlohmann::json& shape = json["shape"];
  uint64_t planes = 1;
  int long_axes = 0;
  for (size_t axis = 0; axis + 2 < shape.size(); ++axis) {
    if (!shape[axis].is_number_unsigned()) return std::nullopt;
    const uint64_t extent = shape[axis].get<uint64_t>();
    if (extent == 0 || extent > UINT32_MAX / planes) return std::nullopt;
    planes *= extent;
    long_axes += extent > 1 ? 1 : 0;
  }
  return DescribedStack{planes, long_axes > 1};
}

}  // namespace

uint64_t first_tiff_directory(ByteSpan file) {
  const uint64_t first = DirectoryBytes(file).first_directory();
  if (first == 0) throw Error(ErrorCode::kCorrupt, "TIFF without a single page", "", 4);
  return first;
}

std::vector<uint64_t> tiff_directory_offsets(ByteSpan file) {
  const DirectoryBytes bytes(file);
  std::vector<uint64_t> offsets;
  std::unordered_set<uint64_t> seen;
  for (uint64_t at = bytes.first_directory(); at != 0; at = bytes.next_directory(at)) {
    if (!seen.insert(at).second || offsets.size() > file.size() / kSmallestClassicDirectory) {
      throw Error(ErrorCode::kCorrupt, "the chain of TIFF directories comes back to itself", "",
                  at);
    }
    offsets.push_back(at);
  }
  if (offsets.empty()) throw Error(ErrorCode::kCorrupt, "TIFF without a single page", "", 4);
  return offsets;
}

std::optional<DescribedStack> parse_stack_description(std::string_view description) {
  if (description.starts_with("ImageJ=")) return parse_imagej(description);
  if (description.starts_with("{")) return parse_tifffile(description);
  return std::nullopt;
}

}  // namespace stoker
