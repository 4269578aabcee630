#include "formats/webdataset/field_extensions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "formats/image_file_names.h"
#include "formats/image_names.h"
#include "formats/plain_fields.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

[[noreturn]] void refuse(const Field& field, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--to webdataset: the field '{}' {}; --drop {} leaves it out", field.name,
                          why, field.name));
}

std::string with_ending(const std::string& name, const char* ending) {
  return name == ending ? name : name + "." + ending;
}

FieldExtension extension_of(const Field& field) {
  const std::string& name = field.name;
  if (holds_encoded_image(field)) return {MemberKind::kImage, name == "image" ? "" : name};
  if (holds_class_index(field)) return {MemberKind::kLabel, "cls"};
  if (holds_utf8_text(field)) {
    const bool as_it_is = name == "txt" || name == "json";
    return {MemberKind::kText, as_it_is ? name : name + ".txt"};
  }
  if (holds_any_bytes(field)) {
    const bool plain = kind_of_member(name) == MemberKind::kBytes && !name.ends_with(".bin");
    return {MemberKind::kBytes, plain ? name : name + ".bin"};
  }
  return {MemberKind::kArray, with_ending(name, "npy")};
}

void check_name(const Field& field) {
  const std::string& name = field.name;
  const bool fits = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c > 0x20 && c != 0x7f && c != '/' && c != '\\';
  });
  if (!fits || name.front() == '.' || name.back() == '.') {
    refuse(field, "has a name that cannot be part of a file's name");
  }
}

}  // namespace

std::vector<FieldExtension> extensions_of(const Schema& schema) {
  std::vector<FieldExtension> extensions;
  std::map<std::string, std::string> owners;  // by extension in lower case, as readers see it
  for (const Field& field : schema.fields) {
    check_name(field);
    FieldExtension extension = extension_of(field);
    std::string seen = to_lower(extension.extension);
    if (extension.kind == MemberKind::kImage) seen += seen.empty() ? "jpg" : ".jpg";
    const auto [twin, is_new] = owners.emplace(seen, field.name);
    if (!is_new) {
      refuse(field,
             fmt::format("and the field '{}' would both be members .{}", twin->second, seen));
    }
    extensions.push_back(std::move(extension));
  }
  return extensions;
}

std::string image_extension(const FieldExtension& field, Codec codec) {
  const std::string ending = image_ending(codec);
  if (ending.empty()) {
    throw Error(ErrorCode::kInternal, fmt::format("an image came as {}", codec_name(codec)));
  }
  return field.extension.empty() ? ending : field.extension + "." + ending;
}

}  // namespace stoker
