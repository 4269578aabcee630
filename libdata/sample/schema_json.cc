#include "libdata/sample/schema_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr const char* kBlobName = "blob";
constexpr const char* kInlineName = "inline";

Storage storage_from_name(const std::string& name) {
  if (name == kBlobName) return Storage::kBlob;
  if (name == kInlineName) return Storage::kInline;
  throw Error(ErrorCode::kCorrupt, fmt::format("unknown storage '{}'", name));
}

DType dtype_from_json(const std::string& name) {
  if (const auto dtype = dtype_from_name(name)) return *dtype;
  throw Error(ErrorCode::kCorrupt, fmt::format("unknown dtype '{}'", name));
}

Json field_to_json(const Field& field) {
  Json json;
  json["name"] = field.name;
  json["storage"] = field.storage == Storage::kBlob ? kBlobName : kInlineName;
  json["dtype"] = dtype_name(field.dtype);
  json["axes"] = field.axes;
  if (field.storage == Storage::kInline) json["shape"] = field.shape;
  if (!field.unit.empty()) json["unit"] = field.unit;
  if (!field.color.empty()) json["color"] = field.color;
  if (!field.normalization.empty()) json["normalization"] = field.normalization;
  if (!field.channel_names.empty()) json["channel_names"] = field.channel_names;
  if (!field.definition.empty()) json["definition"] = field.definition;
  if (field.ignore_value) json["ignore_value"] = *field.ignore_value;
  return json;
}

Field field_from_json(const Json& json) {
  Field field;
  field.name = json.at("name").get<std::string>();
  field.storage = storage_from_name(json.at("storage").get<std::string>());
  field.dtype = dtype_from_json(json.at("dtype").get<std::string>());
  field.axes = json.at("axes").get<std::string>();
  if (field.storage == Storage::kInline) {
    for (const Json& extent : json.at("shape"))
      field.shape.push_back(read_int64(extent));
  }
  field.unit = json.value("unit", "");
  field.color = json.value("color", "");
  field.normalization = json.value("normalization", "");
  field.channel_names = json.value("channel_names", std::vector<std::string>{});
  field.definition = json.value("definition", "");
  if (json.contains("ignore_value")) field.ignore_value = read_int64(json.at("ignore_value"));
  return field;
}

}  // namespace

namespace {

// A value in a message: a number itself, of anything else only what it is.
std::string describe(const Json& json) {
  return json.is_number() ? json.dump() : json.type_name();
}

}  // namespace

uint64_t read_uint64(const Json& json) {
  if (json.is_number_unsigned()) return json.get<uint64_t>();
  throw Error(ErrorCode::kCorrupt,
              fmt::format("expected a whole number of at least 0, found {}", describe(json)));
}

int64_t read_int64(const Json& json) {
  const bool fits = json.is_number_integer() &&
                    (!json.is_number_unsigned() || json.get<uint64_t>() <= uint64_t{INT64_MAX});
  if (fits) return json.get<int64_t>();
  throw Error(ErrorCode::kCorrupt,
              fmt::format("expected a whole number, found {}", describe(json)));
}

Json schema_to_json(const Schema& schema) {
  Json fields = Json::array();
  for (const Field& field : schema.fields)
    fields.push_back(field_to_json(field));
  return Json{{"fields", std::move(fields)}};
}

Schema schema_from_json(const Json& json) {
  Schema schema;
  for (const Json& field : json.at("fields"))
    schema.fields.push_back(field_from_json(field));
  try {
    check_schema(schema);
  } catch (const Error& error) {
    throw Error(ErrorCode::kCorrupt, error.message());
  }
  return schema;
}

Json notes_to_json(const std::vector<SampleNote>& notes) {
  Json json = Json::array();
  for (const SampleNote& note : notes) {
    json.push_back({{"name", note.name},
                    {"reason", note.reason},
                    {"file", note.file},
                    {"offset", note.offset_bytes}});
  }
  return json;
}

std::vector<SampleNote> notes_from_json(const Json& json) {
  std::vector<SampleNote> notes;
  for (const Json& note : json) {
    notes.push_back({note.at("name").get<std::string>(), note.at("reason").get<std::string>(),
                     note.at("file").get<std::string>(), read_uint64(note.at("offset"))});
  }
  return notes;
}

void read_json(std::string_view text, std::string_view what,
               const std::function<void(const Json&)>& read) {
  // The JSON library takes a NUL for the end of the text and would not see what follows.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: a NUL byte at {}", what, nul));
  }
  try {
    read(Json::parse(text));
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", what, error.what()));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: {}", what, error.message()));
  }
}

}  // namespace stoker
