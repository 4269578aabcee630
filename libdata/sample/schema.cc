#include "libdata/sample/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "libdata/core/error.h"

namespace stoker {
namespace {

struct CodecRow {
  Codec codec;
  std::string_view name;
};

constexpr std::array<CodecRow, 9> kCodecs{{{Codec::kRaw, "raw"},
                                           {Codec::kJpeg, "jpeg"},
                                           {Codec::kPng, "png"},
                                           {Codec::kBmp, "bmp"},
                                           {Codec::kWebp, "webp"},
                                           {Codec::kTiff, "tiff"},
                                           {Codec::kGif, "gif"},
                                           {Codec::kPnm, "pnm"},
                                           {Codec::kBricks, "bricks"}}};

constexpr int64_t kMaxInlineElements = 1 << 16;

[[noreturn]] void refuse(const Field& field, const std::string& why) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("schema: field '{}': {}", field.name, why));
}

void check_field(const Field& field) {
  if (field.name.empty() || field.name.size() > 255)
    refuse(field, "expected a name of 1..255 bytes");
  if (field.axes.size() > kMaxRank) {
    refuse(field, fmt::format("expected at most {} axes, found '{}'", kMaxRank, field.axes));
  }
  if (dtype_size(field.dtype) == 0) refuse(field, "unknown dtype");
  if (field.storage == Storage::kBlob) {
    if (!field.shape.empty()) refuse(field, "a blob field has no fixed shape");
    return;
  }
  if (field.shape.size() != field.axes.size()) refuse(field, "expected one extent an axis");
  int64_t elements = 1;
  for (const int64_t extent : field.shape) {
    if (extent < 1 || extent > kMaxInlineElements) refuse(field, "extent out of range");
    elements *= extent;
    if (elements > kMaxInlineElements) refuse(field, "too large for an inline field");
  }
}

}  // namespace

bool is_known_codec(uint8_t value) {
  return std::any_of(kCodecs.begin(), kCodecs.end(),
                     [&](const CodecRow& row) { return static_cast<uint8_t>(row.codec) == value; });
}

std::string_view codec_name(Codec codec) {
  for (const CodecRow& row : kCodecs) {
    if (row.codec == codec) return row.name;
  }
  return "unknown";
}

int64_t Field::inline_element_count() const {
  int64_t count = 1;
  for (const int64_t extent : shape)
    count *= extent;
  return count;
}

std::optional<size_t> Schema::find(std::string_view name) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return i;
  }
  return std::nullopt;
}

size_t Schema::require(std::string_view name) const {
  if (const auto found = find(name)) return *found;
  std::string names;
  for (const Field& field : fields)
    names += (names.empty() ? "" : ", ") + field.name;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("expected a field '{}', the data set has: {}", name, names));
}

void check_schema(const Schema& schema) {
  if (schema.fields.empty() || schema.fields.size() > kMaxFields) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("schema: expected 1..{} fields, found {}",
                                                         kMaxFields, schema.fields.size()));
  }
  std::set<std::string_view> names;
  for (const Field& field : schema.fields) {
    check_field(field);
    if (!names.insert(field.name).second) refuse(field, "two fields of this name");
  }
}

}  // namespace stoker
