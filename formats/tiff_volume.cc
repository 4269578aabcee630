#include "formats/tiff_volume.h"

#include <algorithm>
#include <cctype>

#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes the run of digits at the front of `text` off, and gives it without leading zeros.
std::string_view take_number(std::string_view& text) {
  size_t end = 0;
  while (end < text.size() && is_digit(text[end]))
    ++end;
  std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  while (digits.size() > 1 && digits.front() == '0')
    digits.remove_prefix(1);
  return digits;
}

}  // namespace

bool number_aware_less(std::string_view a, std::string_view b) {
  const std::string_view whole_a = a;
  const std::string_view whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view number_a = take_number(a);
      const std::string_view number_b = take_number(b);
      if (number_a.size() != number_b.size()) return number_a.size() < number_b.size();
      if (number_a != number_b) return number_a < number_b;
    } else {
      if (a.front() != b.front()) return a.front() < b.front();
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // "01" and "1": equal as numbers
}

bool is_tiff_name(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".tif" || extension == ".tiff";
}

std::vector<fs::path> list_tiff_series(const fs::path& folder) {
  std::vector<fs::path> files = list_files(folder);
  std::erase_if(files, [](const fs::path& path) { return !is_tiff_name(path); });
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return number_aware_less(a.filename().native(), b.filename().native());
  });
  return files;
}

TiffVolume open_tiff_volume(const fs::path& path) {
  TiffVolume volume;
  volume.path = path.string();
  std::vector<fs::path> paths{path};
  if (fs::is_directory(path)) paths = list_tiff_series(path);
  if (paths.empty()) {
    throw Error(ErrorCode::kNotFound, "expected a folder of TIFF files, found none in it",
                volume.path);
  }
  for (const fs::path& file : paths) {
    volume.files.emplace_back(file);
    volume.bytes.push_back(volume.files.back().bytes());
  }
  try {
    volume.info = probe_tiff(volume.bytes);
  } catch (const Error& error) {
    throw error.at(volume.path);
  }
  return volume;
}

uint64_t tiff_voxel_bound(const fs::path& path) {
  std::vector<fs::path> files{path};
  if (fs::is_directory(path)) files = list_tiff_series(path);
  if (files.empty()) return 0;
  const MappedFile first(files.front(), AccessPattern::kRandom);
  try {
    return files.size() * tiff_voxel_bound(first.bytes());
  } catch (const Error& error) {
    throw error.at(files.front().string());
  }
}

void decode_tiff(const TiffVolume& volume, std::span<uint8_t> out) {
  try {
    decode_tiff(volume.bytes, volume.info, out);
  } catch (const Error& error) {
    throw error.at(volume.path);
  }
}

}  // namespace stoker
