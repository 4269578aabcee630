#include "libdata/shard/packed_reader.h"

#include <algorithm>
#include <optional>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {
namespace {

bool is_blob(const Field& field) {
  return field.storage == Storage::kBlob;
}

bool is_class_index(const Field& field) {
  return field.storage == Storage::kInline && field.axes.empty() &&
         (field.dtype == DType::kInt32 || field.dtype == DType::kInt64);
}

std::vector<size_t> find_key_fields(const Schema& schema, const std::vector<std::string>& names) {
  std::vector<size_t> fields;
  for (const std::string& name : names) {
    if (const auto field = schema.find(name)) fields.push_back(*field);
  }
  for (size_t f = 0; f < schema.fields.size() && names.empty(); ++f)
    fields.push_back(f);
  std::erase_if(fields, [&](size_t f) { return !is_blob(schema.fields[f]); });
  return fields;
}

// The second is added to a product of the first; each further one is mixed in likewise.
uint64_t content_key(const ShardReader& shard, uint64_t sample, const std::vector<size_t>& fields) {
  uint64_t key = 0;
  for (size_t k = 0; k < fields.size(); ++k) {
    const uint64_t hash = shard.blob(sample, fields[k]).hash;
    key = k == 0 ? hash * kKeyFactor : (k == 1 ? key : key * kKeyFactor) + hash;
  }
  return key;
}

}  // namespace

PackedReader::PackedReader(const PackedDataset& dataset, const std::filesystem::path& folder,
                           const PackedReaderOptions& options)
    : dataset_(dataset) {
  const Schema& schema = dataset.schema();
  for (const Field& field : schema.fields) {
    const auto& unchecked = options.unchecked_fields;
    checked_.push_back(is_blob(field) && std::find(unchecked.begin(), unchecked.end(),
                                                   field.name) == unchecked.end());
  }
  label_ = schema.find("label");
  if (label_ && !is_class_index(schema.fields[*label_])) label_.reset();
  const std::vector<size_t> key_fields = find_key_fields(schema, options.key_fields);
  facts_.class_names = dataset.manifest().class_names;
  facts_.sources = {{own_name(folder), 0}};
  facts_.notes = dataset.manifest().notes;
  facts_.splits.clear();
  for (size_t split = 0; split < dataset.splits().size(); ++split) {
    facts_.splits.push_back(dataset.splits()[split].name());
    for (const ShardReader& shard : dataset.splits()[split].shards()) {
      for (uint64_t sample = 0; sample < shard.sample_count(); ++sample) {
        places_.push_back({&shard, sample});
        PlannedItem item;
        item.name = shard.name(sample);
        item.split = split;
        if (!key_fields.empty()) {
          item.estimated_bytes = shard.blob(sample, key_fields.front()).bytes.size();
        }
        item.content_key = content_key(shard, sample, key_fields);
        items_.push_back(std::move(item));
      }
    }
  }
}

Extents PackedReader::extents(uint64_t item, size_t field) const {
  return places_[item].shard->blob(places_[item].sample, field).shape;
}

std::optional<int64_t> PackedReader::label(uint64_t item) const {
  if (!label_) return std::nullopt;
  return places_[item].shard->inline_int(places_[item].sample, *label_);
}

void PackedReader::read(Sample& sample) const {
  const auto [shard, number] = places_[sample.item];
  sample.source_path = shard->path();
  try {
    for (size_t f = 0; f < checked_.size(); ++f) {
      FieldValue value;
      if (!is_blob(schema().fields[f])) {
        value.bytes = shard->inline_bytes(number, f);
        sample.values.push_back(value);
        continue;
      }
      const BlobView blob = shard->blob(number, f);
      if (sample.source_offset_bytes == 0) sample.source_offset_bytes = blob.offset_bytes;
      if (checked_[f]) shard->check_record(number, f);
      value.bytes = blob.bytes;
      value.codec = blob.codec;
      value.shape = blob.shape;
      value.original_shape = blob.original_shape;
      value.flags = blob.flags;
      value.hash = blob.hash;
      sample.values.push_back(value);
    }
  } catch (const Error& error) {
    throw error.at(sample.source_path);
  }
}

}  // namespace stoker
