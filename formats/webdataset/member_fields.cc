#include "formats/webdataset/member_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "formats/image_names.h"
#include "formats/plain_fields.h"
#include "formats/webdataset/field_extensions.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

Field integer_field(const std::string& name) {
  Field field;
  field.name = name;
  field.storage = Storage::kInline;
  field.dtype = DType::kInt64;
  return field;
}

Field field_for(const std::string& name, MemberKind kind) {
  switch (kind) {
    case MemberKind::kImage:
      return encoded_image_field(name);
    case MemberKind::kLabel:
      return class_index_field();
    case MemberKind::kInteger:
      return integer_field(name);
    case MemberKind::kText:
      return utf8_text_field(name);
    default:
      return any_bytes_field(name);
  }
}

constexpr size_t kMostExtensions = 256;

// One extension under the name it will have.
struct Named {
  std::string name;
  uint32_t extension;
  MemberKind kind;
  std::string json_key;
};

std::optional<uint32_t> find_extension(const MemberFieldsRequest& request, std::string wanted) {
  if (wanted.starts_with('.')) wanted.erase(0, 1);
  wanted = to_lower(wanted);
  const auto found = std::find(request.extensions.begin(), request.extensions.end(), wanted);
  if (found == request.extensions.end()) return std::nullopt;
  return static_cast<uint32_t>(found - request.extensions.begin());
}

Named named_by_user(const MemberFieldsRequest& request, const std::string& name,
                    const std::string& source) {
  const size_t colon = source.find(':');
  const auto extension = find_extension(request, source.substr(0, colon));
  if (!extension) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--field {}={}: the samples have no member .{}; they have {}", name,
                            source, source.substr(0, colon), fmt::join(request.extensions, ", ")));
  }
  Named named{name, *extension, kind_of_member(request.extensions[*extension]), {}};
  if (name == "label") named.kind = MemberKind::kLabel;
  if (colon == source.npos) {
    if (named.kind == MemberKind::kLabel && name != "label") named.kind = MemberKind::kInteger;
    return named;
  }
  named.json_key = source.substr(colon + 1);
  if (name != "label" || named.json_key.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--field {}={}: a value inside a JSON member can be the label alone: "
                            "label=json:KEY",
                            name, source));
  }
  return named;
}

std::vector<Named> name_all(const MemberFieldsRequest& request) {
  std::vector<Named> all;
  std::vector<bool> taken(request.extensions.size());
  for (const auto& [name, source] : request.fields) {
    all.push_back(named_by_user(request, name, source));
    if (all.back().json_key.empty()) taken[all.back().extension] = true;
  }
  for (uint32_t e = 0; e < request.extensions.size(); ++e) {
    if (taken[e]) continue;
    std::string name = field_of_extension(request.extensions[e]);
    MemberKind kind = kind_of_member(request.extensions[e]);
    if (request.fields.contains(name)) {  // the name is given away
      name = request.extensions[e];
      if (kind == MemberKind::kLabel) kind = MemberKind::kInteger;
    }
    all.push_back({std::move(name), e, kind, {}});
  }
  return all;
}

[[noreturn]] void ask_for_image(const MemberFieldsRequest& request, uint32_t a, uint32_t b) {
  const std::string& first = request.extensions[a];
  const std::string& second = request.extensions[b];
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("samples have both .{0} and .{1}: say which is the image, --field "
                          "image={0} or image={1}; the other becomes a field of its own",
                          first, second));
}

// Those that would be one field, though samples have both or they are of two kinds, go by their
// whole extensions instead.
void part_names(const MemberFieldsRequest& request, std::vector<Named>& all) {
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t k = i + 1; k < all.size(); ++k) {
      if (all[i].name != all[k].name) continue;
      const bool apart =
          all[i].kind != all[k].kind || request.together(all[i].extension, all[k].extension);
      if (!apart) continue;
      if (all[i].name == "image") ask_for_image(request, all[i].extension, all[k].extension);
      all[k].name = request.extensions[all[k].extension];
      if (all[k].kind == MemberKind::kLabel) all[k].kind = MemberKind::kInteger;
    }
  }
}

std::vector<MemberField> join_names(const std::vector<Named>& all) {
  std::vector<MemberField> fields;
  for (const Named& named : all) {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const MemberField& each) {
      return each.field.name == named.name;
    });
    if (found != fields.end()) {
      found->extensions.push_back(named.extension);
      continue;
    }
    fields.push_back(
        {field_for(named.name, named.kind), named.kind, {named.extension}, named.json_key});
    if (named.kind == MemberKind::kLabel) fields.back().field.name = "label";
  }
  const auto rank = [](const MemberField& field) {
    const std::string& name = field.field.name;
    return std::tuple(name == "image" ? 0 : name == "label" ? 1 : 2, name);
  };
  std::sort(fields.begin(), fields.end(),
            [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
  return fields;
}

// What this program wrote, under the names and in the form that the fields had.
std::vector<MemberField> own_fields(const MemberFieldsRequest& request) {
  std::vector<MemberField> fields;
  const std::vector<FieldExtension> extensions = extensions_of(*request.own);
  for (size_t f = 0; f < extensions.size(); ++f) {
    MemberField found{request.own->fields[f], extensions[f].kind, {}, {}};
    const std::string wanted = to_lower(extensions[f].extension);
    for (uint32_t e = 0; e < request.extensions.size(); ++e) {
      const std::string& extension = request.extensions[e];
      const size_t dot = extension.rfind('.');
      const bool image = found.kind == MemberKind::kImage;
      const bool fits = image
                            ? kind_of_member(extension) == MemberKind::kImage &&
                                  (dot == extension.npos ? "" : extension.substr(0, dot)) == wanted
                            : extension == wanted;
      if (fits) found.extensions.push_back(e);
    }
    if (!found.extensions.empty()) fields.push_back(std::move(found));
  }
  return fields;
}

}  // namespace

std::vector<MemberField> fields_of_members(const MemberFieldsRequest& request) {
  if (request.own != nullptr && request.fields.empty()) return own_fields(request);
  if (request.extensions.size() > kMostExtensions) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("members have {} different extensions, such as .{}: a sample's key ends "
                    "at the first dot of a member's name, and names with dots of their own "
                    "make no samples. Class folders are read with --from folder",
                    request.extensions.size(), request.extensions.back()));
  }
  std::vector<Named> all = name_all(request);
  part_names(request, all);
  return join_names(all);
}

}  // namespace stoker
