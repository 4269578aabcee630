#include "formats/tiff_description.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

namespace stoker {
namespace {

using nlohmann::json;

// An axis that pages can run along.
struct PageAxis {
  std::string name;
  uint64_t extent = 1;
  bool is_channel = false;
};

// The planes that axes make together; nothing where there would be more than pages are numbered.
std::optional<uint64_t> plane_count(std::span<const PageAxis> axes) {
  uint64_t planes = 1;
  for (const PageAxis& axis : axes) {
    if (axis.extent == 0 || axis.extent > UINT32_MAX / planes) return std::nullopt;
    planes *= axis.extent;
  }
  return planes;
}

std::vector<PageAxis> long_axes(std::span<const PageAxis> axes) {
  std::vector<PageAxis> found;
  for (const PageAxis& axis : axes) {
    if (axis.extent > 1) found.push_back(axis);
  }
  return found;
}

// One volume runs along one axis, which is z whatever a program called it. Channels are no z where
// the text means what it says of them.
std::optional<DescribedStack> describe(const std::string& program, std::span<const PageAxis> axes,
                                       bool channels_are_channels) {
  const std::optional<uint64_t> planes = plane_count(axes);
  if (!planes) return std::nullopt;
  const std::vector<PageAxis> found = long_axes(axes);
  const bool one =
      found.size() <= 1 && (found.empty() || !found.front().is_channel || !channels_are_channels);
  DescribedStack stack{*planes, {}};
  if (one) return stack;
  stack.several = program + ":";
  for (const PageAxis& axis : found)
    stack.several +=
        (&axis == &found.front() ? " " : ", ") + axis.name + " " + std::to_string(axis.extent);
  return stack;
}

// ---- ImageJ

std::string_view line_value(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    if (line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=') {
      return line.substr(key.size() + 1);
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return {};
}

// The digits that `text` begins with; 0 where there are none, or too many.
uint64_t leading_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} ? value : 0;
}

std::optional<DescribedStack> parse_imagej(std::string_view text) {
  const uint64_t images = leading_number(line_value(text, "images"));
  if (images == 0) return std::nullopt;
  std::vector<PageAxis> axes;
  for (const char* name : {"channels", "slices", "frames"}) {
    const uint64_t extent = leading_number(line_value(text, name));
    axes.push_back({name, std::max<uint64_t>(extent, 1), name[0] == 'c'});
  }
  // A gray stack without axis names is given to ImageJ as channels by several writers.
  const std::string_view mode = line_value(text, "mode");
  const bool coloured = mode.starts_with("composite") || mode.starts_with("color");
  auto stack = describe("ImageJ", axes, coloured);
  if (!stack) return std::nullopt;
  stack->plane_count = images;
  return stack;
}

// ---- OME

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// The number in name="123" among a tag's attributes; 1 where there is none.
uint64_t attribute(std::string_view tag, std::string_view name) {
  for (size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    std::string_view rest = tag.substr(at + name.size());
    const auto skip_spaces = [&] {
      while (!rest.empty() && is_space(rest.front()))
        rest.remove_prefix(1);
    };
    skip_spaces();
    if (at == 0 || !is_space(tag[at - 1]) || !rest.starts_with('=')) continue;
    rest.remove_prefix(1);
    skip_spaces();
    if (!rest.starts_with('"') && !rest.starts_with('\'')) continue;
    return std::max<uint64_t>(leading_number(rest.substr(1)), 1);
  }
  return 1;
}

// Where the next <Pixels ...> or <ome:Pixels ...> begins, after its name.
size_t next_pixels(std::string_view text, size_t from) {
  constexpr std::string_view kName = "Pixels";
  for (size_t at = text.find(kName, from); at != std::string_view::npos;
       at = text.find(kName, at + 1)) {
    const size_t end = at + kName.size();
    if (at == 0 || end >= text.size() || !is_space(text[end])) continue;
    const size_t open = text.rfind('<', at);
    if (open == std::string_view::npos) continue;
    const std::string_view prefix = text.substr(open + 1, at - open - 1);
    const bool is_tag = prefix.empty() || (prefix.back() == ':' &&
                                           prefix.find_first_of(" />") == std::string_view::npos);
    if (is_tag) return end;
  }
  return std::string_view::npos;
}

std::optional<DescribedStack> parse_ome(std::string_view text) {
  const size_t begin = next_pixels(text, 0);
  if (begin == std::string_view::npos) return std::nullopt;
  uint64_t images = 0;
  for (size_t at = begin; at != std::string_view::npos; at = next_pixels(text, at))
    ++images;
  const std::string_view tag = text.substr(begin, text.find('>', begin) - begin);
  const std::vector<PageAxis> axes{{"images", images, false},
                                   {"SizeC", attribute(tag, "SizeC"), true},
                                   {"SizeZ", attribute(tag, "SizeZ"), false},
                                   {"SizeT", attribute(tag, "SizeT"), false}};
  return describe("OME", axes, true);
}

// ---- JSON

uint64_t number_member(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return 1;
  return std::max<uint64_t>(found->get<uint64_t>(), 1);
}

std::optional<DescribedStack> parse_micro_manager(const json& whole) {
  const auto summary = whole.find("Summary");
  const bool is_below = summary != whole.end() && summary->is_object();
  const json& object = is_below ? *summary : whole;
  if (!object.contains("Channels") && !object.contains("Slices")) return std::nullopt;
  const std::vector<PageAxis> axes{{"Channels", number_member(object, "Channels"), true},
                                   {"Slices", number_member(object, "Slices"), false},
                                   {"Frames", number_member(object, "Frames"), false},
                                   {"Positions", number_member(object, "Positions"), false}};
  return describe("Micro-Manager", axes, true);
}

// The shape is that of all pages together: behind, a page's own height, width and samples; before
// them what pages run along.
std::optional<DescribedStack> parse_shape(const json& object, uint64_t height, uint64_t width) {
  const json& shape = object["shape"];
  std::string letters;
  if (object.contains("axes") && object["axes"].is_string()) letters = object["axes"];
  std::vector<PageAxis> axes;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (!shape[i].is_number_unsigned()) return std::nullopt;
    const char letter = letters.size() == shape.size() ? letters[i] : '?';
    const std::string name = letter == '?' ? "axis " + std::to_string(i) : std::string(1, letter);
    axes.push_back({name, shape[i].get<uint64_t>(), letter == 'C' || letter == 'S'});
  }
  for (const uint64_t own : {width, height}) {
    while (own != 1 && !axes.empty() && axes.back().extent == 1)
      axes.pop_back();
    if (axes.empty() || axes.back().extent != own) {
      if (own == 1) continue;  // left out of the shape
      return std::nullopt;     // of some other picture
    }
    axes.pop_back();
  }
  return describe("shape", axes, true);
}

std::optional<DescribedStack> parse_json(std::string_view text, uint64_t height, uint64_t width) {
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto shape = object.find("shape");
  if (shape != object.end() && shape->is_array()) return parse_shape(object, height, width);
  return parse_micro_manager(object);
}

}  // namespace

std::optional<DescribedStack> parse_stack_description(std::string_view description, uint64_t height,
                                                      uint64_t width) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (description.starts_with(kByteOrderMark)) description.remove_prefix(kByteOrderMark.size());
  while (!description.empty() && is_space(description.front()))
    description.remove_prefix(1);
  if (description.starts_with("ImageJ=")) return parse_imagej(description);
  if (description.starts_with("{")) return parse_json(description, height, width);
  if (description.starts_with("<") && description.find("OME") != std::string_view::npos) {
    return parse_ome(description);
  }
  return std::nullopt;
}

}  // namespace stoker
