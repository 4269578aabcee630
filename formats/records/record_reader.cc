#include "formats/records/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "formats/class_name_files.h"
#include "formats/image_source_flags.h"
#include "formats/label_texts.h"
#include "formats/shard_inputs.h"
#include "formats/source_entries.h"
#include "formats/split_names.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace fs = std::filesystem;

std::string split_of_part(const fs::path& path, const std::string& requested) {
  const std::string name = own_name(path);
  std::string split = split_named(name);
  if (split.empty()) split = split_of_shard_name(name);
  if (!split.empty()) return split;
  return requested.empty() ? "train" : requested;
}

void leave_out_damaged(const Error& error, const std::string& name, const SourceRequest& request,
                       RecordSet& set) {
  if (!request.skip_damaged || error.code() != ErrorCode::kCorrupt) throw error;
  set.notes.push_back({name, "left out, whole: " + error.message(), name, 0});
}

void check_any_part(const RecordSet& set, const SourceRequest& request) {
  if (!set.parts.empty()) return;
  throw Error(ErrorCode::kCorrupt, set.notes.front().reason, request.inputs.front().string());
}

RecordReader::RecordReader(RecordSet set, const SourceRequest& request) : set_(std::move(set)) {
  refuse_image_flags(request, "column");
  facts_.sources = describe_sources(request.inputs);
  facts_.notes = std::move(set_.notes);
  list_items();
  fields_ = fields_of_columns(
      set_.columns, [&](const auto& each) { look(each); }, request.fields, facts_.notes);
  if (fields_.empty()) {
    throw Error(ErrorCode::kUnsupported, "has no column that is read", set_.beside.string());
  }
  find_labels();
  for (const RecordField& field : fields_)
    schema_.fields.push_back(field.field);
  check_schema(schema_);
}

void RecordReader::list_items() {
  facts_.splits.clear();
  std::vector<uint64_t> counts;
  bool named = false;
  for (uint32_t p = 0; p < set_.parts.size(); ++p) {
    const RecordPart& part = set_.parts[p];
    const auto known = std::find(facts_.splits.begin(), facts_.splits.end(), part.split);
    const auto split = static_cast<size_t>(known - facts_.splits.begin());
    if (known == facts_.splits.end()) {
      facts_.splits.push_back(part.split);
      counts.push_back(0);
    }
    if (!part.file->is_random()) access_ = SourceAccess::kInOrder;
    for (uint64_t row = 0; row < part.file->count(); ++row) {
      PlannedItem item;
      item.name = part.file->name(row);
      named = named || !item.name.empty();
      if (item.name.empty()) item.name = fmt::format("{:06}", counts[split]);
      ++counts[split];
      item.split = split;
      item.estimated_bytes = part.file->size_bytes(row);
      item.content_key = (p * kKeyFactor + row) * kKeyFactor + item.estimated_bytes;
      items_.push_back(std::move(item));
      places_.push_back({p, row});
    }
  }
  if (!named) return;
  make_names_unique(
      items_, facts_.splits,
      [&](uint64_t i) { return fmt::format("{}/{}", places_[i].part, items_[i].name); },
      facts_.notes);
}

// Records in their order, those that cannot be read passed over unless none can.
void RecordReader::look(const std::function<bool(const Record&)>& look) const {
  constexpr size_t kMostFaults = 64;
  std::optional<Error> fault;
  size_t faults = 0;
  size_t seen = 0;
  Sample memory;
  Record record;
  for (const Place& place : places_) {
    memory.clear();
    record.clear();
    try {
      set_.parts[place.part].file->read(place.row, memory, record);
    } catch (const Error& error) {
      if (!fault) fault = placed(error, place, record);
      if (++faults > kMostFaults) break;
      continue;
    }
    ++seen;
    if (!look(record)) return;
  }
  if (seen == 0 && fault) throw *fault;
}

Error RecordReader::placed(const Error& error, const Place& place, const Record& record) const {
  const uint64_t offset = error.offset_bytes().value_or(record.offset_bytes);
  return Error(error.code(), fmt::format("sample {}: {}", place.row, error.message()),
               error.path().empty() ? set_.parts[place.part].file->path() : error.path(), offset);
}

void RecordReader::find_labels() {
  const auto label = std::find_if(fields_.begin(), fields_.end(), [](const RecordField& field) {
    return field.form == RecordForm::kLabel;
  });
  if (label == fields_.end()) return;
  std::vector<std::string> texts(items_.size());
  constexpr uint64_t kAtOnce = 1024;
  const bool in_order = access_ == SourceAccess::kInOrder;
  const uint64_t piece_rows = in_order ? std::max<uint64_t>(items_.size(), 1) : kAtOnce;
  run_parallel((items_.size() + piece_rows - 1) / piece_rows, [&](uint64_t piece) {
    const uint64_t end = std::min<uint64_t>(items_.size(), (piece + 1) * piece_rows);
    Sample memory;
    Record record;
    for (uint64_t i = piece * piece_rows; i < end; ++i) {
      memory.clear();
      record.clear();
      try {
        set_.parts[places_[i].part].file->read(places_[i].row, memory, record);
        texts[i] = label_text(record.cells[label->column]);
      } catch (const Error&) {  // said when the sample's turn comes
        texts[i] = std::string(kNoClassText);
      }
    }
  });
  const fs::path list =
      find_beside(set_.beside.parent_path(), {"classes.json", "classes.txt", "labels.txt"});
  ClassLabels classes = label_classes(
      texts, list.empty() ? std::vector<std::string>() : read_class_names(list), list.string());
  labels_ = std::move(classes.labels);
  facts_.class_names = std::move(classes.class_names);
  if (facts_.class_names.empty()) facts_.class_names = numbers_as_names(labels_);
  facts_.notes.insert(facts_.notes.end(), classes.notes.begin(), classes.notes.end());
  for (size_t i = 0; i < items_.size(); ++i)
    items_[i].content_key = items_[i].content_key * kKeyFactor + static_cast<uint64_t>(labels_[i]);
}

void RecordReader::read(Sample& sample) const {
  const Place& place = places_[sample.item];
  sample.source_path = set_.parts[place.part].file->path();
  Record record;
  const RecordField* at = nullptr;
  try {
    set_.parts[place.part].file->read(place.row, sample, record);
    sample.source_offset_bytes = record.offset_bytes;
    uint64_t hash = 1;
    for (const RecordField& field : fields_) {
      at = &field;
      const RecordCell& cell = record.cells[field.column];
      hash = (hash ^ xxh3_64(cell.bytes)) * kKeyFactor;
      if (field.form != RecordForm::kLabel) {
        add_cell(field, cell, sample);
        continue;
      }
      if (labels_[sample.item] == kBadLabel) {
        throw Error(ErrorCode::kCorrupt,
                    "expected a class: its number, or a name that the list "
                    "of classes has");
      }
      sample.values.push_back(inline_number(static_cast<int32_t>(labels_[sample.item]), sample));
    }
    sample.source_hash = hash;
  } catch (const Error& error) {
    const std::string column =
        at == nullptr ? "" : fmt::format("column '{}': ", set_.columns[at->column].name);
    throw placed(Error(error.code(), column + error.message(), error.path(), error.offset_bytes()),
                 place, record);
  }
}

void RecordReader::prefetch(uint64_t item) const {
  set_.parts[places_[item].part].file->prefetch(places_[item].row);
}

std::optional<int64_t> RecordReader::label(uint64_t item) const {
  if (labels_.empty() || labels_[item] == kBadLabel) return std::nullopt;
  return labels_[item];
}

std::vector<fs::path> RecordReader::source_files(uint64_t item) const {
  return {set_.parts[places_[item].part].file->path()};
}

uint64_t RecordReader::hash_source(uint64_t item) const {
  return hash_by_reading(item);
}

}  // namespace stoker
