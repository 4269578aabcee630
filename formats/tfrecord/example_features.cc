#include "formats/tfrecord/example_features.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint64_t kMostNameBytes = 4096;
constexpr size_t kMostFeatures = 10000;

[[noreturn]] void refuse_count() {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("an Example of more than {} features is not read", kMostFeatures));
}

// Of messages whose fields we know, bytes of number `wanted`; others are passed over, as protocol
// buffers have it.
template <typename Found>
void each_message(WireReader& reader, WireRange range, uint32_t wanted, Found found) {
  uint64_t at = range.begin;
  while (const auto field = reader.next_field(&at, range.end)) {
    if (field->number == wanted && field->type == WireType::kBytes) found(field->value);
  }
}

FeaturePlace parse_feature(WireReader& reader, WireRange range) {
  FeaturePlace feature;
  uint64_t at = range.begin;
  while (const auto field = reader.next_field(&at, range.end)) {
    if (field->type != WireType::kBytes || field->number > 3) continue;
    const auto kind = static_cast<FeatureKind>(field->number);
    if (kind != feature.kind) feature.lists.clear();
    feature.kind = kind;
    feature.lists.push_back(field->value);
    if (feature.lists.size() > kMostFeatures) refuse_count();
  }
  return feature;
}

void parse_entry(WireReader& reader, WireRange range, Features& features) {
  std::string name;
  FeaturePlace feature;
  uint64_t at = range.begin;
  while (const auto field = reader.next_field(&at, range.end)) {
    if (field->type != WireType::kBytes) continue;
    if (field->number == 1) {
      if (field->value.size() > kMostNameBytes) {
        throw Error(ErrorCode::kCorrupt, "the name of a feature is not plausibly so long", {},
                    field->value.begin);
      }
      name = reader.read_text(field->value);
    } else if (field->number == 2) {
      feature = parse_feature(reader, field->value);
    }
  }
  features.insert_or_assign(std::move(name), std::move(feature));
  if (features.size() > kMostFeatures) refuse_count();
}

}  // namespace

const char* feature_kind_name(FeatureKind kind) {
  switch (kind) {
    case FeatureKind::kBytes:
      return "bytes";
    case FeatureKind::kFloat:
      return "float";
    case FeatureKind::kInt64:
      return "int64";
    default:
      return "empty";
  }
}

Features find_features(WireReader& reader, WireRange range) {
  Features features;
  uint64_t at = range.begin;
  while (const auto field = reader.next_field(&at, range.end)) {
    if (field->type != WireType::kBytes) continue;
    if (field->number == 2) {
      throw Error(ErrorCode::kUnsupported,
                  "holds a tf.train.SequenceExample, which has steps in time and is not read; "
                  "write each step, or the whole as arrays, as a tf.train.Example");
    }
    if (field->number != 1) continue;
    each_message(reader, field->value, 1,
                 [&](WireRange entry) { parse_entry(reader, entry, features); });
  }
  return features;
}

std::optional<WireRange> first_bytes_value(WireReader& reader, const FeaturePlace& feature) {
  for (const WireRange& list : feature.lists) {
    uint64_t at = list.begin;
    while (const auto field = reader.next_field(&at, list.end))
      if (field->number == 1 && field->type == WireType::kBytes) return field->value;
  }
  return std::nullopt;
}

uint64_t count_values(WireReader& reader, const FeaturePlace& feature) {
  uint64_t count = 0;
  for (const WireRange& list : feature.lists) {
    uint64_t at = list.begin;
    while (const auto field = reader.next_field(&at, list.end)) {
      if (field->number != 1) continue;
      const bool packed = field->type == WireType::kBytes && feature.kind != FeatureKind::kBytes;
      if (!packed) {
        ++count;
      } else if (feature.kind == FeatureKind::kFloat) {
        count += field->value.size() / sizeof(float);
      } else {
        count += reader.count_varints(field->value);
      }
    }
  }
  return count;
}

std::vector<int64_t> int64_values(ByteSpan record, const FeaturePlace& feature) {
  WireReader reader(record);
  std::vector<int64_t> values;
  for (const WireRange& list : feature.lists) {
    uint64_t at = list.begin;
    while (const auto field = reader.next_field(&at, list.end)) {
      const bool fits = field->type == WireType::kBytes || field->type == WireType::kVarint;
      if (field->number != 1 || !fits) continue;
      for (uint64_t place = field->value.begin; place < field->value.end;)
        values.push_back(static_cast<int64_t>(reader.read_varint(&place, field->value.end)));
    }
  }
  return values;
}

std::vector<float> float_values(ByteSpan record, const FeaturePlace& feature) {
  WireReader reader(record);
  std::vector<float> values;
  for (const WireRange& list : feature.lists) {
    uint64_t at = list.begin;
    while (const auto field = reader.next_field(&at, list.end)) {
      const bool fits = field->type == WireType::kBytes || field->type == WireType::kFixed32;
      if (field->number != 1 || !fits) continue;
      if (field->value.size() % sizeof(float) != 0) {
        throw Error(ErrorCode::kCorrupt, "a list of floats has a size that is no multiple of 4", {},
                    field->value.begin);
      }
      for (uint64_t place = field->value.begin; place < field->value.end; place += sizeof(float))
        values.push_back(load_le<float>(record.data() + place));
    }
  }
  return values;
}

}  // namespace stoker
