#include "tools/placed_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "formats/volume_geometry_fields.h"
#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"
#include "tools/transform/volume_forms.h"

namespace stoker {
namespace {

std::string as_mask_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

std::array<uint32_t, 3> size_of(const Field& field, const FieldValue& value) {
  const size_t z = field.axes.size() - 3;  // after the channels, if any
  return {value.shape[z], value.shape[z + 1], value.shape[z + 2]};
}

void check_same_size(const Schema& schema, const Sample& sample, const Schema& other_schema,
                     const Sample& other) {
  const auto own_field = schema.find(kImageField);
  const auto other_field = other_schema.find(kImageField);
  if (!own_field || !other_field) return;
  if (!is_volume_field(schema.fields[*own_field]) ||
      !is_volume_field(other_schema.fields[*other_field])) {
    return;
  }
  const auto own = size_of(schema.fields[*own_field], sample.values[*own_field]);
  const auto place = size_of(other_schema.fields[*other_field], other.values[*other_field]);
  if (own == place) return;
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("is {} x {} x {} voxels (z, y, x), the volume of its name that says where "
                  "it lies is {} x {} x {}",
                  own[0], own[1], own[2], place[0], place[1], place[2]),
      sample.source_path);
}

}  // namespace

PlacedReader::PlacedReader(const SourceReader& source, std::unique_ptr<SourceReader> places)
    : source_(source),
      places_(std::move(places)),
      schema_(source.schema()),
      items_(source.items()) {
  for (size_t f = 0; f < places_->schema().fields.size(); ++f) {
    const Field& field = places_->schema().fields[f];
    if (!is_spacing_field(field) && !is_affine_field(field)) continue;
    taken_.push_back(f);
    std::erase_if(schema_.fields, [&](const Field& own) { return own.name == field.name; });
  }
  if (taken_.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--geometry-from: the source has neither spacing nor affine");
  }
  for (const size_t f : taken_)
    schema_.fields.push_back(places_->schema().fields[f]);
  for (uint64_t i = 0; i < places_->items().size(); ++i) {
    const std::string& name = places_->items()[i].name;
    items_of_places_[name].insert(i);
    items_of_places_[as_mask_name(name)].insert(i);
  }
  for (PlannedItem& item : items_) {  // another place, another data set
    const auto found = items_of_places_.find(item.name);
    if (found == items_of_places_.end()) continue;
    for (const uint64_t place : found->second) {
      item.content_key = item.content_key * kKeyFactor + places_->items()[place].content_key;
    }
  }
}

void PlacedReader::read(Sample& sample) const {
  const auto found = items_of_places_.find(sample.name);
  const size_t count = found == items_of_places_.end() ? 0 : found->second.size();
  if (count != 1) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("the source of --geometry-from has {} '{}'; expected one",
                            count == 0 ? "no volume" : "several volumes", sample.name));
  }
  source_.read(sample);
  Sample other;  // not kept: a thread that waits in this reading may begin another
  other.item = *found->second.begin();
  other.name = places_->items()[other.item].name;
  places_->read(other);
  check_same_size(source_.schema(), sample, places_->schema(), other);
  std::vector<FieldValue> values;
  for (size_t f = 0; f < source_.schema().fields.size(); ++f) {
    const std::string& name = source_.schema().fields[f].name;
    const bool replaced = std::any_of(taken_.begin(), taken_.end(), [&](size_t taken) {
      return places_->schema().fields[taken].name == name;
    });
    if (!replaced) values.push_back(sample.values[f]);
  }
  for (const size_t f : taken_) {
    Bytes& copy = sample.next_buffer();
    copy.assign(other.values[f].bytes.begin(), other.values[f].bytes.end());
    values.emplace_back();
    values.back().bytes = copy;
  }
  sample.values = std::move(values);
}

std::vector<std::filesystem::path> PlacedReader::source_files(uint64_t item) const {
  std::vector<std::filesystem::path> files = source_.source_files(item);
  const auto found = items_of_places_.find(items_[item].name);
  if (found == items_of_places_.end()) return files;
  for (const uint64_t place : found->second) {
    for (auto& file : places_->source_files(place))
      files.push_back(std::move(file));
  }
  return files;
}

}  // namespace stoker
