#include "formats/image_file_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using Endings = std::array<std::string_view, 4>;  // the usual one first

Endings endings_of(Codec codec) {
  switch (codec) {
    case Codec::kJpeg:
      return {"jpg", "jpeg", "jpe", "jfif"};
    case Codec::kPng:
      return {"png"};
    case Codec::kBmp:
      return {"bmp", "dib"};
    case Codec::kWebp:
      return {"webp"};
    case Codec::kTiff:
      return {"tif", "tiff"};
    case Codec::kGif:
      return {"gif"};
    case Codec::kPnm:
      return {"ppm", "pgm", "pbm", "pnm"};
    default:
      return {};
  }
}

std::string ending_of_name(const std::string& name) {
  const size_t slash = name.rfind('/');
  const size_t dot = name.rfind('.');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return {};
  std::string ending = name.substr(dot + 1);
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending;
}

}  // namespace

std::string image_ending(Codec codec) {
  return std::string(endings_of(codec).front());
}

std::string safe_file_name(const std::string& name) {
  const auto refuse = [&](const char* why) {
    throw Error(ErrorCode::kCorrupt, fmt::format("'{}' cannot be a file's name: {}", name, why));
  };
  if (std::any_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    refuse("it has control characters");
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") refuse("a part of it is empty, '.' or '..'");
    begin = end + 1;
  }
  return name;
}

std::string image_file_name(const std::string& name, Codec codec) {
  const Endings endings = endings_of(codec);
  const std::string found = ending_of_name(name);
  const bool fits =
      !found.empty() && std::find(endings.begin(), endings.end(), found) != endings.end();
  return fits ? safe_file_name(name) : safe_file_name(name) + "." + image_ending(codec);
}

}  // namespace stoker
