#include "formats/image_names.h"

#include <algorithm>
#include <array>

namespace stoker {
namespace {

constexpr std::array<std::string_view, 14> kImageExtensions{
    ".jpg",  ".jpeg", ".png", ".ppm", ".bmp", ".pgm",  ".tif",
    ".tiff", ".webp", ".pbm", ".pnm", ".jpe", ".jfif", ".dib"};
constexpr std::array<std::string_view, 8> kArchiveExtensions{".gz",  ".tgz", ".bz2", ".xz",
                                                             ".zst", ".zip", ".rar", ".7z"};

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == text.npos;
}

template <size_t N>
bool has_extension(std::string_view name, const std::array<std::string_view, N>& extensions) {
  const std::string_view base = base_name(name);
  const size_t dot = base.rfind('.');
  if (dot == base.npos) return false;
  return std::find(extensions.begin(), extensions.end(), to_lower(base.substr(dot))) !=
         extensions.end();
}

}  // namespace

bool has_image_extension(std::string_view name) {
  return has_extension(name, kImageExtensions);
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

std::string_view wnid_in_name(std::string_view path) {
  const std::string_view stem = without_extension(base_name(path));
  const std::string_view first = stem.substr(0, stem.find('_'));
  const std::string_view last = stem.substr(stem.rfind('_') + 1);
  if (is_wnid(first) && is_wnid(last)) return first == last ? first : std::string_view();
  return is_wnid(first) ? first : is_wnid(last) ? last : std::string_view();
}

bool is_flat_imagenet_name(std::string_view path) {
  const std::string_view stem = without_extension(base_name(path));
  const std::string_view wnid = wnid_in_name(path);
  if (wnid.empty() || !stem.ends_with(wnid) || stem.size() < wnid.size() + 2) return false;
  const std::string_view front = stem.substr(0, stem.size() - wnid.size() - 1);
  if (front.starts_with("ILSVRC2012_val_")) return true;
  return front.size() > 10 && is_wnid(front.substr(0, 9)) && front[9] == '_' &&
         is_digits(front.substr(10));
}

std::string_view without_extension(std::string_view path) {
  const size_t dot = path.rfind('.');
  const size_t slash = path.rfind('/');
  if (dot == path.npos || (slash != path.npos && dot < slash)) return path;
  return path.substr(0, dot);
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

bool comes_before(std::string_view path, std::string_view other) {
  return std::lexicographical_compare(
      path.begin(), path.end(), other.begin(), other.end(), [](char a, char b) {
        const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
        return rank(a) < rank(b);
      });
}

std::string reason_to_skip(std::string_view path) {
  if (has_image_extension(path)) return {};
  if (has_extension(path, kArchiveExtensions)) {
    return "a compressed archive, which is not read in place, left out";
  }
  return "not an image file (by its extension), left out";
}

}  // namespace stoker
