#include "tools/dataset_summary.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "libdata/core/parallel.h"

namespace stoker {
namespace {

constexpr std::array<const char*, 7> kFlagNames{"reencoded", "resized",     "cmyk", "not_jpeg",
                                                "rotated",   "progressive", "gray"};

std::optional<size_t> label_field(const Schema& schema) {
  const auto found = schema.find("label");
  if (!found) return std::nullopt;
  const Field& field = schema.fields[*found];
  const bool is_class_index = field.storage == Storage::kInline && field.rank() == 0 &&
                              field.dtype != DType::kFloat16 && field.dtype != DType::kFloat32;
  return is_class_index ? found : std::nullopt;
}

void merge(const Range& from, Range* to) {
  to->least = std::min(to->least, from.least);
  to->most = std::max(to->most, from.most);
  to->sum += from.sum;
  to->count += from.count;
}

void merge(const std::map<std::string, uint64_t>& from, std::map<std::string, uint64_t>* to) {
  for (const auto& [name, count] : from)
    (*to)[name] += count;
}

BlobSummary summarize_blobs(const ShardReader& shard, size_t field) {
  BlobSummary summary;
  const auto rank = static_cast<size_t>(shard.schema().fields[field].rank());
  std::array<uint64_t, 256> codecs{};
  std::array<uint64_t, kFlagNames.size()> flags{};
  for (uint64_t i = 0; i < shard.sample_count(); ++i) {
    const BlobView blob = shard.blob(i, field);
    summary.stored_bytes += blob.bytes.size();
    summary.bytes.add(blob.bytes.size());
    for (size_t axis = 0; axis < rank; ++axis)
      summary.extents[axis].add(blob.shape[axis]);
    ++codecs[static_cast<size_t>(blob.codec)];
    for (size_t bit = 0; bit < flags.size(); ++bit)
      flags[bit] += (blob.flags >> bit) & 1u;
  }
  for (size_t codec = 0; codec < codecs.size(); ++codec) {
    if (codecs[codec] > 0)
      summary.codecs[std::string(codec_name(static_cast<Codec>(codec)))] = codecs[codec];
  }
  for (size_t bit = 0; bit < flags.size(); ++bit) {
    if (flags[bit] > 0) summary.flags[kFlagNames[bit]] = flags[bit];
  }
  return summary;
}

void merge(const BlobSummary& from, BlobSummary* to) {
  to->stored_bytes += from.stored_bytes;
  merge(from.bytes, &to->bytes);
  for (size_t axis = 0; axis < from.extents.size(); ++axis)
    merge(from.extents[axis], &to->extents[axis]);
  merge(from.codecs, &to->codecs);
  merge(from.flags, &to->flags);
}

void count_classes(const ShardReader& shard, size_t field, SplitSummary* summary) {
  for (uint64_t i = 0; i < shard.sample_count(); ++i) {
    const int64_t label = shard.inline_int(i, field);
    if (label < 0 || label >= static_cast<int64_t>(summary->class_counts.size())) {
      ++summary->unlabelled;
    } else {
      ++summary->class_counts[static_cast<size_t>(label)];
    }
  }
}

}  // namespace

void Range::add(uint64_t value) {
  least = std::min(least, value);
  most = std::max(most, value);
  sum += static_cast<double>(value);
  ++count;
}

SplitSummary summarize(const PackedDataset& dataset, const PackedSplit& split) {
  const Schema& schema = dataset.schema();
  SplitSummary summary;
  summary.name = split.name();
  summary.samples = split.sample_count();
  summary.shards = split.shards().size();
  for (const ShardReader& shard : split.shards())
    summary.file_bytes += shard.file_bytes().size();
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    if (schema.fields[f].storage != Storage::kBlob) continue;
    std::vector<BlobSummary> parts(split.shards().size());
    run_parallel(parts.size(),
                 [&](uint64_t k) { parts[k] = summarize_blobs(split.shards()[k], f); });
    BlobSummary whole;
    whole.field = schema.fields[f].name;
    for (const BlobSummary& part : parts)
      merge(part, &whole);
    summary.blobs.push_back(std::move(whole));
  }
  if (const auto label = label_field(schema); label && !dataset.manifest().class_names.empty()) {
    summary.class_counts.resize(dataset.manifest().class_names.size());
    for (const ShardReader& shard : split.shards())
      count_classes(shard, *label, &summary);
  }
  return summary;
}

std::vector<std::string> flag_names(uint16_t flags) {
  std::vector<std::string> names;
  for (size_t bit = 0; bit < kFlagNames.size(); ++bit) {
    if ((flags >> bit) & 1u) names.emplace_back(kFlagNames[bit]);
  }
  return names;
}

std::string class_of(const PackedDataset& dataset, const PackedSplit& split, uint64_t sample_id) {
  const auto label = label_field(dataset.schema());
  if (!label) return "";
  const int64_t value = split.inline_int(sample_id, *label);
  const auto& names = dataset.manifest().class_names;
  if (value < 0 || value >= static_cast<int64_t>(names.size())) return "";
  return names[static_cast<size_t>(value)];
}

}  // namespace stoker
