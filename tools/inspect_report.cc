#include "tools/inspect_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libdata/core/half.h"
#include "libdata/core/hash.h"
#include "libdata/core/units.h"

namespace stoker {
namespace {
using Json = nlohmann::ordered_json;

constexpr size_t kShownNotes = 10;
constexpr size_t kShownClasses = 20;
constexpr int kBarWidth = 40;

std::string describe_field(const Field& field) {
  std::string text = fmt::format("{} {}", dtype_name(field.dtype),
                                 field.storage == Storage::kBlob ? "blob" : "inline");
  if (!field.axes.empty()) text += " " + field.axes;
  if (!field.shape.empty()) text += fmt::format(" [{}]", fmt::join(field.shape, ", "));
  if (!field.unit.empty()) text += ", " + field.unit;
  if (!field.color.empty()) text += ", colour " + field.color;
  if (!field.definition.empty()) text += ", " + field.definition;
  if (!field.channel_names.empty()) {
    text += fmt::format(", channels {}", fmt::join(field.channel_names, " "));
  }
  if (field.ignore_value) text += fmt::format(", {} is ignored", *field.ignore_value);
  return text;
}

std::string describe_shares(const std::map<std::string, uint64_t>& counts, uint64_t samples) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += fmt::format("{}{} {} ({:.1f} %)", text.empty() ? "" : ", ", name, count,
                        100.0 * static_cast<double>(count) / static_cast<double>(samples));
  }
  return text.empty() ? "none" : text;
}

void print_blob(const Schema& schema, const BlobSummary& blob, uint64_t samples) {
  const std::string& axes = schema.fields[schema.require(blob.field)].axes;
  fmt::print("  {}: {} stored, {} to {} a sample, {} on average\n", blob.field,
             format_byte_count(blob.stored_bytes), format_byte_count(blob.bytes.least),
             format_byte_count(blob.bytes.most),
             format_byte_count(static_cast<uint64_t>(blob.bytes.mean())));
  for (size_t axis = 0; axis < axes.size(); ++axis) {
    const Range& extent = blob.extents[axis];
    fmt::print("    {}: {} to {}, {:.1f} on average\n", axes[axis], extent.least, extent.most,
               extent.mean());
  }
  fmt::print("    codecs: {}\n", describe_shares(blob.codecs, samples));
  fmt::print("    flags: {}\n", describe_shares(blob.flags, samples));
}

// The largest classes as bars; all of them are in the JSON.
void print_classes(const std::vector<std::string>& names, const SplitSummary& split) {
  std::vector<size_t> order(names.size());
  for (size_t c = 0; c < order.size(); ++c)
    order[c] = c;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return split.class_counts[a] > split.class_counts[b];
  });
  const uint64_t most = std::max<uint64_t>(1, split.class_counts[order.front()]);
  fmt::print("  classes: {} with {} to {}", names.size(), split.class_counts[order.back()],
             counted(split.class_counts[order.front()], "sample"));
  if (split.unlabelled > 0) fmt::print("; {} without a class", counted(split.unlabelled, "sample"));
  fmt::print("\n");
  for (size_t k = 0; k < std::min(order.size(), kShownClasses); ++k) {
    const uint64_t count = split.class_counts[order[k]];
    fmt::print("    {:<24} {:>8} {}\n", names[order[k]], count,
               std::string(static_cast<size_t>(kBarWidth * count / most), '#'));
  }
  if (order.size() > kShownClasses) {
    fmt::print("    and {} more (--json FILE has all)\n",
               counted(order.size() - kShownClasses, "class"));
  }
}

void print_notes(const char* what, const std::vector<SampleNote>& notes) {
  if (notes.empty()) return;
  fmt::print("{}: {}\n", what, notes.size());
  for (size_t i = 0; i < std::min(notes.size(), kShownNotes); ++i) {
    const SampleNote& note = notes[i];
    fmt::print("  {}: {}", note.name, note.reason);
    if (!note.file.empty()) fmt::print(" ({} at byte {})", note.file, note.offset_bytes);
    fmt::print("\n");
  }
  if (notes.size() > kShownNotes) fmt::print("  and {} more\n", notes.size() - kShownNotes);
}

template <typename T>
void append_numbers(ByteSpan bytes, std::vector<std::string>* numbers) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
    numbers->push_back(fmt::format("{}", load_le<T>(bytes.data() + at)));
}

// The elements of an inline value.
std::vector<std::string> numbers_of(const Field& field, ByteSpan bytes) {
  std::vector<std::string> numbers;
  switch (field.dtype) {
    case DType::kUInt8:
      append_numbers<uint8_t>(bytes, &numbers);
      break;
    case DType::kInt8:
      append_numbers<int8_t>(bytes, &numbers);
      break;
    case DType::kUInt16:
      append_numbers<uint16_t>(bytes, &numbers);
      break;
    case DType::kInt16:
      append_numbers<int16_t>(bytes, &numbers);
      break;
    case DType::kInt32:
      append_numbers<int32_t>(bytes, &numbers);
      break;
    case DType::kInt64:
      append_numbers<int64_t>(bytes, &numbers);
      break;
    case DType::kFloat32:
      append_numbers<float>(bytes, &numbers);
      break;
    case DType::kFloat16:
      for (size_t at = 0; at + 2 <= bytes.size(); at += 2)
        numbers.push_back(fmt::format("{}", half_to_float(load_le<uint16_t>(&bytes[at]))));
      break;
  }
  return numbers;
}

std::vector<uint32_t> used_extents(const Field& field, const Extents& extents) {
  return {extents.begin(), extents.begin() + field.rank()};
}

Json range_json(const Range& range) {
  return {{"min", range.count > 0 ? range.least : 0}, {"mean", range.mean()}, {"max", range.most}};
}

Json blob_json(const Schema& schema, const BlobSummary& blob) {
  const std::string& axes = schema.fields[schema.require(blob.field)].axes;
  Json extents = Json::object();
  for (size_t axis = 0; axis < axes.size(); ++axis)
    extents[std::string(1, axes[axis])] = range_json(blob.extents[axis]);
  return {{"field", blob.field},
          {"stored_bytes", blob.stored_bytes},
          {"bytes", range_json(blob.bytes)},
          {"extents", extents},
          {"codecs", blob.codecs},
          {"flags", blob.flags}};
}

Json split_json(const PackedDataset& dataset, const SplitSummary& split) {
  Json blobs = Json::array();
  for (const BlobSummary& blob : split.blobs)
    blobs.push_back(blob_json(dataset.schema(), blob));
  Json classes = Json::array();
  for (size_t c = 0; c < split.class_counts.size(); ++c) {
    classes.push_back(
        {{"name", dataset.manifest().class_names[c]}, {"samples", split.class_counts[c]}});
  }
  return {{"name", split.name},
          {"samples", split.samples},
          {"shards", split.shards},
          {"file_bytes", split.file_bytes},
          {"blobs", blobs},
          {"classes", classes},
          {"unlabelled", split.unlabelled}};
}

Json fields_json(const Schema& schema) {
  Json fields = Json::array();
  for (const Field& field : schema.fields) {
    fields.push_back({{"name", field.name}, {"description", describe_field(field)}});
  }
  return fields;
}

Json sample_json(const PackedDataset& dataset, const PackedSplit& split, uint64_t id) {
  const PackedSplit::Place place = split.locate(id);
  Json json{
      {"split", split.name()},
      {"sample_id", id},
      {"name", split.sample_name(id)},
      {"shard", std::filesystem::path(split.shards()[place.shard].path()).filename().string()},
      {"sample", place.sample}};
  const std::string class_name = class_of(dataset, split, id);
  if (!class_name.empty()) json["class"] = class_name;
  Json fields = Json::object();
  for (size_t f = 0; f < dataset.schema().fields.size(); ++f) {
    const Field& field = dataset.schema().fields[f];
    if (field.storage == Storage::kInline) {
      Json values = Json::array();
      for (const std::string& number : numbers_of(field, split.inline_bytes(id, f))) {
        const Json value = Json::parse(number, nullptr, false);
        values.push_back(value.is_discarded() ? Json(number) : value);  // JSON has no nan and inf
      }
      fields[field.name] = values;
      continue;
    }
    const BlobView blob = split.blob(id, f);
    fields[field.name] = {{"codec", codec_name(blob.codec)},
                          {"shape", used_extents(field, blob.shape)},
                          {"original_shape", used_extents(field, blob.original_shape)},
                          {"flags", flag_names(blob.flags)},
                          {"bytes", blob.bytes.size()},
                          {"offset", blob.offset_bytes},
                          {"xxh3_64", to_hex(blob.hash)}};
  }
  json["fields"] = fields;
  return json;
}

}  // namespace

void print_dataset(const PackedDataset& dataset, const std::vector<SplitSummary>& splits) {
  const Manifest& manifest = dataset.manifest();
  fmt::print("{}: packed by {} {}, fingerprint {}\n", dataset.folder().string(), manifest.tool,
             manifest.tool_version, to_hex(manifest.fingerprint));
  for (const auto& [name, value] : manifest.options)
    fmt::print("option {} = {}\n", name, value);
  for (const SourceEntry& source : manifest.sources)
    fmt::print("source {} ({})\n", source.name, format_byte_count(source.size_bytes));
  for (const Field& field : manifest.schema.fields)
    fmt::print("field {}: {}\n", field.name, describe_field(field));
  for (const SplitSummary& split : splits) {
    fmt::print("split {}: {} in {}, {}\n", split.name, counted(split.samples, "sample"),
               counted(split.shards, "shard"), format_byte_count(split.file_bytes));
    if (split.samples == 0) continue;
    for (const BlobSummary& blob : split.blobs)
      print_blob(manifest.schema, blob, split.samples);
    if (!split.class_counts.empty()) print_classes(manifest.class_names, split);
  }
  print_notes("notes on the sources", manifest.notes);
  print_notes("samples left out", manifest.skipped);
  print_notes("samples changed on the way in", manifest.normalized);
}

void print_sample(const PackedDataset& dataset, const PackedSplit& split, uint64_t sample_id) {
  const PackedSplit::Place place = split.locate(sample_id);
  fmt::print("sample {} of {}: '{}', number {} in {}\n", sample_id, split.name(),
             split.sample_name(sample_id), place.sample,
             std::filesystem::path(split.shards()[place.shard].path()).filename().string());
  for (size_t f = 0; f < dataset.schema().fields.size(); ++f) {
    const Field& field = dataset.schema().fields[f];
    if (field.storage == Storage::kInline) {
      const auto numbers = numbers_of(field, split.inline_bytes(sample_id, f));
      const std::string name = field.name == "label" ? class_of(dataset, split, sample_id) : "";
      fmt::print("  {} = {}{}\n", field.name, fmt::join(numbers, " "),
                 name.empty() ? "" : " (" + name + ")");
      continue;
    }
    const BlobView blob = split.blob(sample_id, f);
    const std::vector<std::string> flags = flag_names(blob.flags);
    fmt::print("  {}: {} {}, {} bytes at byte {}, XXH3-64 {}\n", field.name,
               fmt::join(used_extents(field, blob.shape), "x"), codec_name(blob.codec),
               blob.bytes.size(), blob.offset_bytes, to_hex(blob.hash));
    fmt::print("    source was {}; flags: {}\n",
               fmt::join(used_extents(field, blob.original_shape), "x"),
               flags.empty() ? "none" : fmt::format("{}", fmt::join(flags, ", ")));
  }
}

std::string dataset_json(const PackedDataset& dataset, const std::vector<SplitSummary>& splits,
                         const PackedSplit* sample_split, uint64_t sample_id) {
  const Manifest& manifest = dataset.manifest();
  Json json{{"folder", dataset.folder().string()},
            {"tool", manifest.tool},
            {"tool_version", manifest.tool_version},
            {"fingerprint", to_hex(manifest.fingerprint)},
            {"options", manifest.options},
            {"fields", fields_json(manifest.schema)},
            {"splits", Json::array()},
            {"notes", manifest.notes.size()},
            {"skipped", manifest.skipped.size()},
            {"normalized", manifest.normalized.size()}};
  for (const SplitSummary& split : splits)
    json["splits"].push_back(split_json(dataset, split));
  if (sample_split != nullptr) json["sample"] = sample_json(dataset, *sample_split, sample_id);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace stoker
