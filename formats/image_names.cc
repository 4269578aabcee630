#include "formats/image_names.h"

#include <algorithm>
#include <array>

namespace stoker {
namespace {

constexpr std::array<std::string_view, 9> kImageExtensions{".jpg", ".jpeg", ".png",  ".ppm", ".bmp",
                                                           ".pgm", ".tif",  ".tiff", ".webp"};

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace

bool has_image_extension(std::string_view name) {
  const std::string_view base = base_name(name);
  const size_t dot = base.rfind('.');
  if (dot == base.npos) return false;
  return std::find(kImageExtensions.begin(), kImageExtensions.end(), to_lower(base.substr(dot))) !=
         kImageExtensions.end();
}

bool is_hidden(std::string_view path) {
  return base_name(path).starts_with('.');
}

std::string_view imagenet_val_stem(std::string_view path) {
  constexpr std::string_view kFront = "ILSVRC2012_val_";
  constexpr size_t kDigits = 8;
  const std::string_view base = base_name(path);
  const std::string_view stem = base.substr(0, kFront.size() + kDigits);
  const bool fits = base.starts_with(kFront) && stem.size() == kFront.size() + kDigits &&
                    is_digits(stem.substr(kFront.size()));
  const std::string extension = to_lower(base.substr(std::min(stem.size(), base.size())));
  return fits && (extension == ".jpeg" || extension == ".jpg") ? stem : std::string_view();
}

bool is_wnid(std::string_view text) {
  return text.size() == 9 && text[0] == 'n' && is_digits(text.substr(1));
}

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view folder_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == path.npos ? std::string_view() : path.substr(0, slash);
}

std::string reason_to_skip(std::string_view path) {
  if (is_hidden(path)) return "hidden file, left out";
  if (!has_image_extension(path)) return "not an image file (by its extension), left out";
  return {};
}

}  // namespace stoker
