#include "formats/webdataset/member_names.h"

#include <algorithm>
#include <array>

#include "formats/image_names.h"
#include "formats/left_out_names.h"

namespace stoker {
namespace {

struct EndingRow {
  std::string_view ending;
  MemberKind kind;
};

constexpr std::array<EndingRow, 36> kEndings{{
    {"jpg", MemberKind::kImage},     {"jpeg", MemberKind::kImage},
    {"jpe", MemberKind::kImage},     {"jfif", MemberKind::kImage},
    {"png", MemberKind::kImage},     {"webp", MemberKind::kImage},
    {"bmp", MemberKind::kImage},     {"tif", MemberKind::kImage},
    {"tiff", MemberKind::kImage},    {"gif", MemberKind::kImage},
    {"ppm", MemberKind::kImage},     {"pgm", MemberKind::kImage},
    {"pbm", MemberKind::kImage},     {"pnm", MemberKind::kImage},
    {"cls", MemberKind::kInteger},   {"class", MemberKind::kInteger},
    {"cls2", MemberKind::kInteger},  {"index", MemberKind::kInteger},
    {"inx", MemberKind::kInteger},   {"id", MemberKind::kInteger},
    {"count", MemberKind::kInteger}, {"txt", MemberKind::kText},
    {"text", MemberKind::kText},     {"transcript", MemberKind::kText},
    {"json", MemberKind::kText},     {"jsn", MemberKind::kText},
    {"jsonl", MemberKind::kText},    {"csv", MemberKind::kText},
    {"npy", MemberKind::kArray},     {"pth", MemberKind::kPickle},
    {"pt", MemberKind::kPickle},     {"pyd", MemberKind::kPickle},
    {"pickle", MemberKind::kPickle}, {"pkl", MemberKind::kPickle},
    {"ckpt", MemberKind::kPickle},   {"dill", MemberKind::kPickle},
}};

// Stands for bytes of a field whose own name would be read as something else.
constexpr std::string_view kBytesEnding = "bin";

bool is_label(std::string_view extension) {
  return extension == "cls" || extension == "class";
}

}  // namespace

std::optional<MemberName> parse_member_name(std::string_view name) {
  const std::string_view base = base_name(name);
  const size_t dot = base.find('.');
  if (dot == base.npos || dot == 0 || dot + 1 == base.size()) return std::nullopt;
  if (!left_lying_front(name).empty()) return std::nullopt;
  if (name.starts_with("__") && name.ends_with("__")) return std::nullopt;
  const size_t begin = name.size() - base.size();
  return MemberName{std::string(name.substr(0, begin + dot)), to_lower(base.substr(dot + 1))};
}

MemberKind kind_of_member(std::string_view extension) {
  if (is_label(extension)) return MemberKind::kLabel;
  const std::string_view ending = extension.substr(extension.rfind('.') + 1);
  const auto row = std::find_if(kEndings.begin(), kEndings.end(),
                                [&](const EndingRow& each) { return each.ending == ending; });
  return row == kEndings.end() ? MemberKind::kBytes : row->kind;
}

std::string field_of_extension(std::string_view extension) {
  const size_t dot = extension.rfind('.');
  const bool alone = dot == extension.npos;
  const MemberKind kind = kind_of_member(extension);
  if (alone && kind == MemberKind::kImage) return "image";
  if (kind == MemberKind::kLabel) return "label";
  const bool strips = kind != MemberKind::kBytes || extension.substr(dot + 1) == kBytesEnding;
  return std::string(alone || !strips ? extension : extension.substr(0, dot));
}

}  // namespace stoker
