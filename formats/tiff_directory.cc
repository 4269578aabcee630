#include "formats/tiff_directory.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// Smallest directory there is: a count, one entry, the offset of the next.
constexpr uint64_t kSmallestClassicDirectory = 2 + 12 + 4;

constexpr uint64_t kMicroManagerTag = 51123;

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
    return number(entry_at(offset, entry_count(offset)), big_tiff_ ? 8 : 4);
  }

  // Whether the directory says that its picture is a smaller one of another, or a mask.
  bool is_aside(uint64_t offset) const {
    // Tags are in ascending order: these two stand first where they are there at all.
    const uint64_t entries = std::min<uint64_t>(entry_count(offset), 2);
    for (uint64_t i = 0; i < entries; ++i) {
      const uint64_t entry = entry_at(offset, i);
      const uint64_t tag = number(entry, 2);
      if (tag != kNewSubfileType && tag != kSubfileType) continue;
      const uint64_t bytes = number(entry + 2, 2) == kShort ? 2 : 4;
      const uint64_t value = number(entry + (big_tiff_ ? 12 : 8), bytes);
      if (tag == kNewSubfileType && (value & (kReducedBit | kMaskBit)) != 0) return true;
      if (tag == kSubfileType && value == kReducedImage) return true;
    }
    return false;
  }

  // How many values a tag of the directory has.
  uint64_t value_count(uint64_t offset, uint64_t tag) const {
    const std::optional<uint64_t> entry = find_entry(offset, tag);
    return entry ? number(*entry + 4, big_tiff_ ? 8 : 4) : 0;
  }

  // The text of a tag; empty where the directory has none.
  std::string_view text(uint64_t offset, uint64_t tag) const {
    const std::optional<uint64_t> entry = find_entry(offset, tag);
    if (!entry) return {};
    const uint64_t size = value_count(offset, tag);
    const uint64_t inline_bytes = big_tiff_ ? 8 : 4;
    const uint64_t value = *entry + (big_tiff_ ? 12 : 8);
    return text_at(size <= inline_bytes ? value : number(value, inline_bytes), size);
  }

  // Micro-Manager's description of all planes, which follows the file's header.
  std::string_view micro_manager_summary() const {
    constexpr uint64_t kSummaryAt = 32;
    constexpr uint64_t kSummaryMark = 2355492;
    if (big_tiff_ || file_.size() < kSummaryAt + 8 || number(kSummaryAt, 4) != kSummaryMark) {
      return {};
    }
    return text_at(kSummaryAt + 8, number(kSummaryAt + 4, 4));
  }

 private:
  static constexpr uint64_t kNewSubfileType = 254;
  static constexpr uint64_t kReducedBit = 1;
  static constexpr uint64_t kMaskBit = 4;
  static constexpr uint64_t kSubfileType = 255;
  static constexpr uint64_t kReducedImage = 2;
  static constexpr uint64_t kShort = 3;

  // Checked against the file's end.
  uint64_t entry_count(uint64_t offset) const {
    const uint64_t entries = number(offset, count_bytes());
    const uint64_t left = file_.size() - offset - count_bytes();
    if (entries == 0 || entries > left / entry_bytes()) {
      throw Error(ErrorCode::kCorrupt,
                  "TIFF directory of " + std::to_string(entries) +
                      " entries does not fit the file; is the file cut short?",
                  "", offset);
    }
    return entries;
  }

  uint64_t count_bytes() const { return big_tiff_ ? 8 : 2; }
  uint64_t entry_bytes() const { return big_tiff_ ? 20 : 12; }
  uint64_t entry_at(uint64_t offset, uint64_t entry) const {
    return offset + count_bytes() + entry * entry_bytes();
  }

  std::optional<uint64_t> find_entry(uint64_t offset, uint64_t tag) const {
    const uint64_t entries = entry_count(offset);
    for (uint64_t i = 0; i < entries; ++i) {
      if (number(entry_at(offset, i), 2) == tag) return entry_at(offset, i);
    }
    return std::nullopt;
  }

  // Up to its first zero; empty where it does not lie in the file.
  std::string_view text_at(uint64_t offset, uint64_t size) const {
    if (offset > file_.size() || size > file_.size() - offset) return {};
    const std::string_view whole(reinterpret_cast<const char*>(file_.data()) + offset, size);
    return whole.substr(0, whole.find('\0'));
  }

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

}  // namespace

uint64_t first_tiff_directory(ByteSpan file) {
  const DirectoryBytes bytes(file);
  const uint64_t first = bytes.first_directory();
  if (first == 0) throw Error(ErrorCode::kCorrupt, "TIFF without a single page", "", 4);
  return bytes.is_aside(first) ? list_tiff_directories(file).planes.front() : first;
}

TiffDirectories list_tiff_directories(ByteSpan file) {
  const DirectoryBytes bytes(file);
  TiffDirectories directories;
  std::unordered_set<uint64_t> seen;
  try {
    uint64_t next = 0;
    for (uint64_t at = bytes.first_directory(); at != 0; at = next) {
      if (!seen.insert(at).second || seen.size() > file.size() / kSmallestClassicDirectory + 1) {
        throw Error(ErrorCode::kCorrupt, "the chain of TIFF directories comes back to itself", "",
                    at);
      }
      const bool is_aside = bytes.is_aside(at);
      next = bytes.next_directory(at);
      if (is_aside) {
        ++directories.asides;
      } else {
        directories.planes.push_back(at);
      }
    }
  } catch (const Error& error) {
    if (directories.planes.empty()) throw;
    const std::string which = "page " + std::to_string(seen.size()) + " of the file, at z " +
                              std::to_string(directories.planes.size()) + ": ";
    throw Error(error.code(), which + error.message(), "", error.offset_bytes());
  }
  if (directories.planes.empty()) {
    throw Error(ErrorCode::kCorrupt,
                directories.asides == 0
                    ? "TIFF without a single page"
                    : "expected pages of a volume, found smaller pictures and masks only "
                      "(NewSubfileType)",
                "", 4);
  }
  return directories;
}

uint64_t tiff_value_count(ByteSpan file, uint64_t directory_bytes, uint16_t tag) {
  return DirectoryBytes(file).value_count(directory_bytes, tag);
}

std::string_view tiff_summary_text(ByteSpan file, uint64_t directory_bytes) {
  const DirectoryBytes bytes(file);
  const std::string_view summary = bytes.micro_manager_summary();
  return summary.empty() ? bytes.text(directory_bytes, kMicroManagerTag) : summary;
}

}  // namespace stoker
