#include "formats/lmdb/lmdb_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/lmdb/lmdb_value.h"
#include "formats/split_names.h"
#include "libdata/core/error.h"

namespace stoker {

LmdbSet::LmdbSet(std::shared_ptr<const MappedFile> file, const LmdbMeta& meta, LmdbSamples samples)
    : file_(std::move(file)),
      meta_(meta),
      samples_(std::move(samples)),
      step_(samples_.values_per_sample()) {}

std::vector<RecordColumn> LmdbSet::columns() const {
  std::vector<RecordColumn> columns;
  for (const LmdbColumn& column : samples_.columns)
    columns.push_back(column.column);
  return columns;
}

std::span<const LmdbEntry> LmdbSet::values(uint64_t row) const {
  return std::span(samples_.values).subspan(row * step_, step_);
}

void LmdbSet::read(uint64_t row, Sample& memory, Record& record) const {
  const std::span<const LmdbEntry> entries = values(row);
  record.offset_bytes = entries.front().value_offset;
  if (samples_.columns.front().form == LmdbForm::kPickledPair) {
    PickledPair pair =
        decode_pickled_pair(lmdb_value(file_->bytes(), meta_, entries.front()), memory);
    const bool text = samples_.columns.back().column.kind == ColumnKind::kText;
    if (text == pair.label.is_array) {
      throw Error(ErrorCode::kUnsupported, "labels are texts in some samples, numbers in others");
    }
    record.cells.push_back(std::move(pair.image));
    record.cells.push_back(std::move(pair.label));
    return;
  }
  for (size_t c = 0; c < entries.size(); ++c) {
    const ByteSpan value = lmdb_value(file_->bytes(), meta_, entries[c]);
    if (samples_.columns[c].form != LmdbForm::kNumber) {
      record.cells.push_back(bytes_cell(value));
      continue;
    }
    const auto number = number_in_text(value);
    if (!number) throw Error(ErrorCode::kCorrupt, "expected a number", {}, entries[c].value_offset);
    record.cells.push_back(int64_cell(*number, memory));
  }
}

uint64_t LmdbSet::size_bytes(uint64_t row) const {
  uint64_t size = 0;
  for (const LmdbEntry& entry : values(row))
    size += entry.value_bytes;
  return size;
}

void LmdbSet::prefetch(uint64_t row) const {
  for (const LmdbEntry& entry : values(row))
    file_->will_need(entry.value_offset, entry.value_bytes);
}

namespace {

// Databases lie in the main one alone.
void check_values(const std::vector<LmdbEntry>& entries) {
  for (const LmdbEntry& entry : entries) {
    if (!entry.is_tree) continue;
    throw Error(ErrorCode::kCorrupt, "a database among values", {}, entry.node_offset);
  }
}

std::vector<LmdbPart> open_parts(const std::shared_ptr<const MappedFile>& file) {
  const ByteSpan bytes = file->bytes();
  const LmdbMeta meta = parse_lmdb_meta(bytes);
  LmdbWalker walker(bytes, meta);
  const std::vector<LmdbEntry> entries = walker.walk(meta.main);
  const auto named = std::count_if(entries.begin(), entries.end(),
                                   [](const LmdbEntry& entry) { return entry.is_tree; });
  const auto make = [&](LmdbSamples samples) {
    return std::make_shared<LmdbSet>(file, meta, std::move(samples));
  };
  if (named == 0)
    return {{"", make(lmdb_samples(bytes, meta, entries, has_integer_keys(meta.main)))}};
  if (std::cmp_not_equal(named, entries.size())) {
    throw Error(ErrorCode::kUnsupported,
                "holds values and named databases side by side: expected either");
  }
  std::vector<LmdbDatabase> databases;
  std::vector<std::string> splits;
  for (const LmdbEntry& entry : entries) {
    const std::string name(as_text(entry.key));
    const LmdbTree tree = parse_lmdb_tree(lmdb_value(bytes, meta, entry));
    try {
      databases.push_back({name, walker.walk(tree), has_integer_keys(tree)});
      check_values(databases.back().entries);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("the named database '{}': {}", name, error.message()),
                  error.path(), error.offset_bytes());
    }
    splits.push_back(split_named(name));
  }
  const bool are_splits =
      std::none_of(splits.begin(), splits.end(), [](const auto& split) { return split.empty(); });
  if (databases.size() > 1 && !are_splits)
    return {{"", make(lmdb_samples(bytes, meta, databases))}};
  std::vector<LmdbPart> parts;
  for (size_t d = 0; d < databases.size(); ++d)
    parts.push_back({splits[d], make(lmdb_samples(bytes, meta, databases[d].entries,
                                                  databases[d].integer_keys))});
  return parts;
}

}  // namespace

std::vector<LmdbPart> open_lmdb(const std::filesystem::path& path) {
  const auto file = std::make_shared<MappedFile>(path, AccessPattern::kRandom);
  try {
    return open_parts(file);
  } catch (const Error& error) {
    throw error.at(file->path());
  }
}

}  // namespace stoker
