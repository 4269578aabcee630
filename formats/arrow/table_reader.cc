#include "formats/arrow/table_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "formats/arrow/table_values.h"
#include "formats/image_source_flags.h"
#include "formats/label_texts.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"
#include "libdata/image/image_probe.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using Features = std::map<std::string, HuggingFeature>;

constexpr uint64_t kLooks = 16;  // rows that say whether bytes are images

bool same_column(const TableColumn& a, const TableColumn& b) {
  return a.name == b.name && a.kind == b.kind && a.element == b.element && a.extents == b.extents;
}

// Whether cells mean the same; what a feature is called changed over datasets' versions.
bool same_values(const HuggingFeature& a, const HuggingFeature& b) {
  return a.class_names == b.class_names && a.shape == b.shape;
}

// Beside the table, or from where the user stands; as it is where it says the whole path.
fs::path find_image(const std::string& table, std::string_view path) {
  const fs::path folder = fs::path(table).parent_path();
  for (const fs::path& place : {folder / path, folder.parent_path() / path})
    if (fs::is_regular_file(place)) return place;
  return folder / path;
}

}  // namespace

TableReader::TableReader(TableSet set, const SourceRequest& request, Open open)
    : inputs_(std::move(set.inputs)) {
  refuse_image_flags(request, "column");
  facts_.splits = inputs_.splits;
  facts_.sources = inputs_.sources;
  facts_.notes = std::move(set.notes);
  open_files(request, open);
  list_blocks();
  const Features features = features_of_parts(set.features);
  apply_features(features);
  choose_fields(features, request.fields);
  list_rows(features);
  if (is_random_) {
    mapped_ = std::make_unique<MappedBlock[]>(blocks_.size());
    return;
  }
  std::vector<BlockPlace> places;
  for (const Block& block : blocks_) {
    const Part& part = parts_[block.part];
    places.push_back({part.file.get(), block.block, wanted_in(part, read_columns_)});
  }
  queue_ = std::make_unique<BlockQueue>(std::move(places));
}

void TableReader::open_files(const SourceRequest& request, Open open) {
  // Splits one after the other: their samples are numbered so, and read so.
  std::stable_sort(inputs_.shards.begin(), inputs_.shards.end(),
                   [](const ShardInput& a, const ShardInput& b) { return a.split < b.split; });
  std::vector<Part> parts(inputs_.shards.size());
  std::vector<std::string> faults(parts.size());
  run_parallel(parts.size(), [&](uint64_t i) {
    parts[i].path = inputs_.shards[i].path.string();
    parts[i].split = inputs_.shards[i].split;
    try {
      parts[i].file = open(std::make_shared<const MappedFile>(parts[i].path));
    } catch (const Error& error) {
      if (!request.skip_damaged || error.code() != ErrorCode::kCorrupt) throw;
      faults[i] = error.message();
    }
  });
  for (size_t i = 0; i < parts.size(); ++i) {
    if (!parts[i].file) {
      const std::string name = own_name(parts[i].path);
      facts_.notes.push_back({name, "left out: " + faults[i], name, 0});
      continue;
    }
    uint64_t rows = 0;
    for (const TableBlock& block : parts[i].file->blocks())
      rows += block.rows;
    check_sample_count(inputs_.shards[i], rows, request.skip_damaged, facts_.notes);
    take_columns(parts[i]);
    is_random_ = is_random_ && parts[i].file->is_random();
    parts_.push_back(std::move(parts[i]));
  }
  if (parts_.empty()) {
    throw Error(ErrorCode::kCorrupt, "no file of it can be read", request.inputs.front().string());
  }
}

void TableReader::take_columns(Part& part) {
  const std::vector<TableColumn>& own = part.file->columns();
  if (columns_.empty()) columns_ = own;
  for (const TableColumn& column : columns_) {
    const auto found = std::find_if(
        own.begin(), own.end(), [&](const TableColumn& each) { return same_column(each, column); });
    if (found != own.end() && own.size() == columns_.size()) {
      part.columns.push_back(static_cast<size_t>(found - own.begin()));
      continue;
    }
    const auto text = [](const std::vector<TableColumn>& columns) {
      std::vector<std::string> names;
      for (const TableColumn& each : columns)
        names.push_back(fmt::format("{} ({})", each.name, each.type_name));
      return fmt::format("{}", fmt::join(names, ", "));
    };
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("has the columns {}; {} has {}: convert them one after the other",
                            text(own), parts_.front().path, text(columns_)),
                part.path);
  }
}

// Of the first file that has any, else those of `beside`. Class names in another order would give
// other labels, and nobody would see it.
Features TableReader::features_of_parts(const std::string& beside) const {
  const Part* first = nullptr;
  Features features;
  for (const Part& part : parts_) {
    const std::string& json = part.file->hugging_face();
    if (json.empty() || (first != nullptr && json == first->file->hugging_face())) continue;
    Features own;
    try {
      own = read_hugging_features(json);
    } catch (const Error& error) {
      throw error.at(part.path);
    }
    if (first == nullptr) {
      first = &part;
      features = std::move(own);
      continue;
    }
    for (const TableColumn& column : columns_) {
      if (same_values(features[column.name], own[column.name])) continue;
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("has other classes or another shape in the column '{}' than {}: "
                              "convert them one after the other",
                              column.name, first->path),
                  part.path);
    }
  }
  return first == nullptr ? read_hugging_features(beside) : features;
}

void TableReader::list_blocks() {
  uint64_t items = 0;
  for (size_t p = 0; p < parts_.size(); ++p) {
    const std::vector<TableBlock>& blocks = parts_[p].file->blocks();
    uint64_t row = 0;
    for (size_t b = 0; b < blocks.size(); ++b) {
      if (blocks[b].rows == 0) continue;
      blocks_.push_back({p, b, row, items, blocks[b].rows});
      row += blocks[b].rows;
      items += blocks[b].rows;
    }
  }
  if (items == 0) throw Error(ErrorCode::kCorrupt, "holds no row", parts_.front().path);
}

// Arrow has lists of any length where datasets knows the shape.
void TableReader::apply_features(const Features& features) {
  for (TableColumn& column : columns_) {
    const auto found = features.find(column.name);
    const bool fits = found != features.end() && column.kind == TableKind::kArray &&
                      found->second.shape.size() == column.extents.size();
    if (fits) column.extents = found->second.shape;
  }
}

// The front rows of the first block that has a value in each column.
std::vector<TableProbe> TableReader::probe() const {
  std::vector<TableProbe> probes(columns_.size());
  std::vector<size_t> asked;
  for (size_t c = 0; c < columns_.size(); ++c) {
    const TableKind kind = columns_[c].kind;
    if (kind == TableKind::kBytes || kind == TableKind::kArray || kind == TableKind::kImage)
      asked.push_back(c);
  }
  if (asked.empty()) return probes;
  const Part& part = parts_[blocks_.front().part];
  const auto stream = part.file->open(blocks_.front().block, wanted_in(part, asked));
  const auto batch = stream->next();
  if (!batch) return probes;
  Bytes buffer;
  for (size_t i = 0; i < asked.size(); ++i) {
    TableProbe& probe = probes[asked[i]];
    uint64_t values = 0;
    probe.holds_image = true;
    for (uint64_t row = 0; row < batch->rows() && row < kLooks; ++row) {
      try {
        const CellValue cell = batch->cell(i, row, buffer);
        probe.is_path = probe.is_path || (cell.is_null && !cell.path.empty());
        if (cell.is_null) continue;
        ++values;
        if (image_kind(cell.bytes) == ImageKind::kUnknown) probe.holds_image = false;
        if (probe.shape.empty()) probe.shape = cell.shape;
      } catch (const Error&) {  // said when the row's turn comes
      }
    }
    probe.holds_image = probe.holds_image && values > 0;
  }
  return probes;
}

void TableReader::choose_fields(const Features& features,
                                const std::map<std::string, std::string>& wanted) {
  const std::vector<TableProbe> probes = probe();
  if (inputs_.own && wanted.empty()) {
    try {
      fields_ = written_fields(columns_, inputs_.own->schema);
    } catch (const Error& error) {
      throw error.at(parts_.front().path);
    }
  } else {
    fields_ = fields_of_table(columns_, features, probes, wanted, facts_.notes);
  }
  for (const TableField& field : fields_) {
    schema_.fields.push_back(field.field);
    read_columns_.push_back(field.column);
    images_beside_ =
        images_beside_ || (field.form == TableForm::kImage && probes[field.column].is_path);
  }
  if (fields_.empty()) {
    throw Error(ErrorCode::kUnsupported, "has no column that is read", parts_.front().path);
  }
  check_schema(schema_);
}

std::vector<WantedColumn> TableReader::wanted_in(const Part& part,
                                                 const std::vector<size_t>& columns) const {
  std::vector<WantedColumn> wanted;
  for (const size_t column : columns)
    wanted.push_back({part.columns[column]});
  return wanted;
}

SourceAccess TableReader::access() const {
  return is_random_ ? SourceAccess::kRandom : SourceAccess::kInOrder;
}

const TableReader::Block& TableReader::block_of(uint64_t item) const {
  const auto after =
      std::upper_bound(blocks_.begin(), blocks_.end(), item,
                       [](uint64_t i, const Block& block) { return i < block.first_item; });
  return *std::prev(after);
}

BlockQueue::Row TableReader::row_of(const Block& block, uint64_t row) const {
  const auto number = static_cast<size_t>(&block - blocks_.data());
  if (!is_random_) {
    const std::lock_guard lock(queue_mutex_);
    return queue_->row(number, row);
  }
  MappedBlock& mapped = mapped_[number];
  std::call_once(mapped.once, [&] {
    const Part& part = parts_[block.part];
    mapped.batch = part.file->open(block.block, wanted_in(part, read_columns_))->next();
  });
  if (!mapped.batch || mapped.batch->rows() <= row) {
    throw Error(ErrorCode::kCorrupt, "a block has fewer rows than the file says");
  }
  return {mapped.batch, row};
}

// Of a cell without bytes, those of the file that its path names.
ByteSpan TableReader::image_bytes(const CellValue& cell, const Part& part, Sample& sample) const {
  const fs::path path = find_image(part.path, cell.path);
  Bytes& buffer = sample.next_buffer();
  try {
    buffer = read_file(path);
  } catch (const Error& error) {
    throw Error(error.code(),
                fmt::format("names an image '{}' by its path alone: {}", cell.path, error.what()));
  }
  return buffer;
}

void TableReader::add_value(size_t f, const CellValue& found, const Part& part, Sample& sample,
                            uint64_t& hash) const {
  const TableField& field = fields_[f];
  CellValue cell = found;
  if (field.form == TableForm::kImage && cell.is_null && !cell.path.empty()) {
    cell.bytes = image_bytes(cell, part, sample);
    cell.is_null = false;
  } else if (cell.is_null) {
    throw Error(ErrorCode::kUnsupported,
                "has no value (null), and no field has samples without one: fill it in, or leave "
                "such rows out");
  } else if (!is_random_) {  // the batch goes when its rows were read
    Bytes& buffer = sample.next_buffer();
    buffer.assign(cell.bytes.begin(), cell.bytes.end());
    cell.bytes = buffer;
  }
  hash = (hash ^ xxh3_64(cell.bytes)) * kKeyFactor;
  if (field.form != TableForm::kLabel) {
    return add_table_value(field, columns_[field.column], cell, sample);
  }
  if (labels_[sample.item] == kBadLabel) {
    throw Error(ErrorCode::kCorrupt,
                "expected a class: its number, or a name that the list of classes has");
  }
  sample.values.push_back(inline_number(static_cast<int32_t>(labels_[sample.item]), sample));
}

void TableReader::read(Sample& sample) const {
  const Block& block = block_of(sample.item);
  const Part& part = parts_[block.part];
  const uint64_t row = sample.item - block.first_item;
  sample.source_path = part.path;
  std::string column;
  try {
    const BlockQueue::Row place = row_of(block, row);
    uint64_t hash = 1;
    for (size_t f = 0; f < fields_.size(); ++f) {
      const CellValue cell = place.batch->cell(f, place.row, sample.next_buffer());
      column = columns_[fields_[f].column].name;
      add_value(f, cell, part, sample, hash);
      column.clear();
    }
    sample.source_hash = hash;
  } catch (const Error& error) {
    const std::string what = column.empty() ? "" : fmt::format("the column '{}' ", column);
    throw Error(error.code(),
                fmt::format("row {}: {}{}", block.first_row + row, what, error.message()),
                part.path);
  }
}

std::optional<int64_t> TableReader::label(uint64_t item) const {
  if (labels_.empty() || labels_[item] == kBadLabel) return std::nullopt;
  return labels_[item];
}

std::vector<fs::path> TableReader::source_files(uint64_t item) const {
  const std::string& table = parts_[block_of(item).part].path;
  std::vector<fs::path> files{table};
  if (beside_.empty() || beside_[item].empty()) return files;
  const fs::path image = find_image(table, beside_[item]);
  if (fs::exists(image)) files.push_back(image);
  return files;
}

uint64_t TableReader::hash_source(uint64_t item) const {
  return hash_by_reading(item);
}

}  // namespace stoker
