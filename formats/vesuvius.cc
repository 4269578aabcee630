#include "formats/vesuvius.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <system_error>

#include "formats/tiff_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kHeader = "id,scroll_id";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr const char* kTable = "train.csv";

// A number written as digits alone, as ids and scrolls are.
template <typename Number>
Number parse_digits(std::string_view text, const char* what, uint64_t offset_bytes) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || error != std::errc{} ||
      end != text.data() + text.size()) {
    throw Error(ErrorCode::kCorrupt,
                "expected " + std::string(what) + " in digits, found '" + std::string(text) + "'",
                "", offset_bytes);
  }
  return value;
}

ScrollLine parse_line(std::string_view line, uint64_t offset_bytes) {
  const size_t comma = line.find(',');
  if (comma == std::string_view::npos) {
    throw Error(ErrorCode::kCorrupt, "expected id,scroll_id, found '" + std::string(line) + "'", "",
                offset_bytes);
  }
  const std::string_view id = line.substr(0, comma);
  parse_digits<uint64_t>(id, "an id", offset_bytes);
  return {std::string(id),
          parse_digits<int64_t>(line.substr(comma + 1), "a scroll_id", offset_bytes)};
}

// The volumes of a folder by id: ID.tif, ID.tiff, or a folder ID of one-page files.
struct StoredVolume {
  fs::path path;
  uint64_t size_bytes = 0;
};

std::map<std::string, StoredVolume> list_volumes(const fs::path& folder) {
  std::map<std::string, StoredVolume> volumes;
  const auto add = [&](const std::string& id, const fs::path& path, uint64_t size_bytes) {
    if (!volumes.emplace(id, StoredVolume{path, size_bytes}).second) {
      throw Error(ErrorCode::kCorrupt,
                  "a volume is there twice: " + volumes[id].path.filename().string() + " and " +
                      path.filename().string(),
                  folder.string());
    }
  };
  for (const fs::path& path : list_files(folder)) {
    if (is_tiff_name(path)) add(path.stem().string(), path, fs::file_size(path));
  }
  for (const fs::path& path : list_folders(folder)) {
    uint64_t size_bytes = 0;
    const std::vector<fs::path> series = list_tiff_series(path);
    for (const fs::path& file : series)
      size_bytes += fs::file_size(file);
    if (!series.empty()) add(path.filename().string(), path, size_bytes);
  }
  return volumes;
}

void note_unlisted(const std::map<std::string, StoredVolume>& volumes,
                   const std::set<std::string>& listed, VolumeListing& listing) {
  for (const auto& [id, volume] : volumes) {
    if (listed.contains(id)) continue;
    const std::string place =
        (volume.path.parent_path().filename() / volume.path.filename()).string();
    listing.notes.push_back({id, "not listed in " + std::string(kTable) + ", left out", place, 0});
  }
}

}  // namespace

std::vector<ScrollLine> parse_scroll_table(std::string_view text) {
  std::vector<ScrollLine> lines;
  std::set<std::string> seen;
  bool header = true;
  size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (header) {
      if (line != kHeader) {
        throw Error(ErrorCode::kCorrupt,
                    "expected the header '" + std::string(kHeader) + "', found '" +
                        std::string(line.substr(0, 80)) + "'",
                    "", begin);
      }
      header = false;
    } else if (!line.empty()) {
      lines.push_back(parse_line(line, begin));
      if (!seen.insert(lines.back().id).second) {
        throw Error(ErrorCode::kCorrupt, "id " + lines.back().id + " is listed twice", "", begin);
      }
    }
    begin = end + 1;
  }
  if (header) {
    throw Error(ErrorCode::kCorrupt,
                "expected the header '" + std::string(kHeader) + "', found an empty file", "", 0);
  }
  return lines;
}

VolumeListing list_vesuvius(const fs::path& folder) {
  const fs::path table = folder / kTable;
  std::vector<ScrollLine> lines;
  try {
    lines = parse_scroll_table(read_text_file(table));
  } catch (const Error& error) {
    throw error.at(table.string());
  }
  const auto images = list_volumes(folder / "train_images");
  const auto labels = list_volumes(folder / "train_labels");

  VolumeListing listing;
  std::set<std::string> listed;
  for (const ScrollLine& line : lines) {
    listed.insert(line.id);
    const auto image = images.find(line.id);
    const auto label = labels.find(line.id);
    if (image == images.end()) {
      const char* reason = label == labels.end() ? "listed, but has no files"
                                                 : "listed, but has a label only, no image";
      listing.notes.push_back({line.id, reason, kTable, 0});
      continue;
    }
    VolumeItem item{line.id, line.scroll, image->second.path, {}, image->second.size_bytes, 0};
    if (label != labels.end()) {
      item.label = label->second.path;
      item.label_bytes = label->second.size_bytes;
    }
    listing.items.push_back(std::move(item));
  }
  note_unlisted(images, listed, listing);
  note_unlisted(labels, listed, listing);
  return listing;
}

}  // namespace stoker
