#include "trainer/feed/unpacked_data.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "dataset.json";
constexpr int kMostEntries = 5000;

enum class Kind { kUnknown, kImages, kVolumes };

bool is_one_of(const std::string& value, const auto& names) {
  return std::find(names.begin(), names.end(), value) != names.end();
}

Kind kind_of_file(const fs::path& path) {
  constexpr std::array<std::string_view, 9> kImages = {".jpg", ".jpeg", ".png", ".bmp", ".webp",
                                                       ".gif", ".ppm",  ".pgm", ".tar"};
  constexpr std::array<std::string_view, 2> kVolumes = {".tif", ".tiff"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  if (is_one_of(extension, kImages)) return Kind::kImages;
  return is_one_of(extension, kVolumes) ? Kind::kVolumes : Kind::kUnknown;
}

// By the first file below whose name tells.
Kind kind_of_folder(const fs::path& folder) {
  std::error_code error;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           error);
  int left = kMostEntries;
  for (; !error && entries != fs::recursive_directory_iterator() && left > 0; --left) {
    const Kind kind = kind_of_file(entries->path());
    if (kind != Kind::kUnknown) return kind;
    entries.increment(error);
  }
  return Kind::kUnknown;
}

// Folders in `folder` that are packed sets.
std::vector<std::string> packed_sets_in(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (fs::exists(entry.path() / kManifest, error)) found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// In quotes where a shell would take it apart.
std::string quoted(const std::string& path) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=:@%";
  if (path.find_first_not_of(kPlain) == std::string::npos) return path;
  std::string text = "'";
  for (const char letter : path)
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

std::string pack_command(Kind kind, const fs::path& input, const fs::path& output) {
  const char* program = kind == Kind::kVolumes ? "pack-volumes" : "pack-imagenet";
  return fmt::format("{} --input {} --output {}", program, quoted(input.string()),
                     quoted(output.string()));
}

// The commands that pack what lies at `path`: one, or one for each half of a split data set.
std::string pack_commands(Kind kind, const fs::path& path) {
  fs::path name = own_name(path);
  if (fs::is_regular_file(path)) name = name.stem();
  const fs::path packed = name.string() + "-packed";
  std::error_code error;
  const bool has_halves = kind == Kind::kImages && fs::is_directory(path / "train", error) &&
                          fs::is_directory(path / "val", error);
  if (!has_halves) {
    return fmt::format("\n  {}\nand then train --data {}", pack_command(kind, path, packed),
                       quoted(packed.string()));
  }
  const fs::path train = packed / "train";
  const fs::path val = packed / "val";
  return fmt::format("\n  {}\n  {}\nand then train --data {} --val-data {}",
                     pack_command(kind, path / "train", train),
                     pack_command(kind, path / "val", val), quoted(train.string()),
                     quoted(val.string()));
}

}  // namespace

void refuse_unpacked_data(const std::string& path) {
  std::error_code error;
  const bool is_folder = fs::is_directory(path, error);
  if (is_folder && fs::exists(fs::path(path) / kManifest, error)) return;
  if (is_folder) {
    const std::vector<std::string> packed = packed_sets_in(path);
    if (!packed.empty()) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--data: no packed set itself, but it holds {}: name those (--data, "
                              "--val-data)",
                              fmt::join(packed, ", ")),
                  path);
    }
  }
  Kind kind = Kind::kUnknown;
  if (is_folder) kind = kind_of_folder(path);
  if (fs::is_regular_file(path, error)) kind = kind_of_file(path);
  if (kind == Kind::kUnknown) return;
  throw Error(ErrorCode::kInvalidArgument,
              "--data: is not packed yet; pack it once with" + pack_commands(kind, path), path);
}

}  // namespace stoker
