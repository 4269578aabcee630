// TableReader: names, labels and files of all rows, from their columns alone.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "formats/arrow/table_reader.h"
#include "formats/arrow/table_values.h"
#include "formats/label_texts.h"
#include "libdata/core/hash.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using Features = std::map<std::string, HuggingFeature>;

// A path as the name of a sample: what leads out of the set is cut. Empty where nothing is left.
std::string name_of_path(std::string_view path) {
  const fs::path whole(path);
  const bool leads_out =
      whole.is_absolute() || std::any_of(whole.begin(), whole.end(), [](const fs::path& part) {
        return part == ".." || part == ".";
      });
  return leads_out ? whole.filename().string() : std::string(path);
}

}  // namespace

// What the listing takes from the rows, one an item.
struct TableReader::Listed {
  std::optional<size_t> label;  // position in fields_
  std::optional<size_t> name;   // in columns_
  std::vector<std::string> texts;
  std::vector<std::string> names;
};

std::optional<size_t> TableReader::name_column() const {
  for (size_t c = 0; c < columns_.size(); ++c)
    if (columns_[c].name == kNameColumn && columns_[c].kind == TableKind::kText) return c;
  for (const TableField& field : fields_)
    if (columns_[field.column].kind == TableKind::kImage) return field.column;
  return std::nullopt;
}

void TableReader::list_rows(const Features& features) {
  Listed listed;
  for (size_t f = 0; f < fields_.size(); ++f)
    if (fields_[f].form == TableForm::kLabel) listed.label = f;
  listed.name = name_column();
  const uint64_t count = blocks_.back().first_item + blocks_.back().rows;
  if (listed.label) listed.texts.resize(count, std::string(kNoClassText));
  if (listed.name) listed.names.resize(count);
  if (listed.label || listed.name) {
    run_parallel(blocks_.size(), [&](uint64_t b) { list_block(b, listed); });
  }
  add_items(listed);
  find_labels(listed, features);
}

// Rows that cannot be read keep neither label nor name; they say so when their turn comes.
void TableReader::list_block(size_t b, Listed& listed) const {
  const Block& block = blocks_[b];
  const Part& part = parts_[block.part];
  std::vector<WantedColumn> wanted;
  if (listed.label) wanted.push_back({part.columns[fields_[*listed.label].column]});
  if (listed.name) {
    const bool is_image = columns_[*listed.name].kind == TableKind::kImage;
    wanted.push_back({part.columns[*listed.name], is_image});
  }
  uint64_t item = block.first_item;
  const uint64_t end = block.first_item + block.rows;
  try {
    const auto stream = part.file->open(block.block, wanted);
    while (const auto batch = stream->next()) {
      for (uint64_t row = 0; row < batch->rows() && item < end; ++row, ++item)
        list_row(*batch, row, item, listed);
    }
  } catch (const Error&) {
  }
}

void TableReader::list_row(const TableBatch& batch, uint64_t row, uint64_t item,
                           Listed& listed) const {
  Bytes buffer;
  try {
    if (listed.label) {
      const CellValue cell = batch.cell(0, row, buffer);
      const TableColumn& column = columns_[fields_[*listed.label].column];
      if (!cell.is_null) listed.texts[item] = label_text(column, cell);
    }
    if (!listed.name) return;
    const CellValue cell = batch.cell(listed.label ? 1 : 0, row, buffer);
    if (columns_[*listed.name].kind == TableKind::kImage) {
      listed.names[item] = cell.path;
    } else if (!cell.is_null) {
      listed.names[item] = as_text(cell.bytes);
    }
  } catch (const Error&) {
  }
}

void TableReader::add_items(Listed& listed) {
  const bool is_path = listed.name && columns_[*listed.name].kind == TableKind::kImage;
  if (is_path && images_beside_) beside_ = listed.names;
  if (is_path) {
    for (std::string& name : listed.names)
      name = name_of_path(name);
  }
  const bool named =
      !listed.names.empty() && std::none_of(listed.names.begin(), listed.names.end(),
                                            [](const std::string& name) { return name.empty(); });
  std::vector<uint64_t> counts(facts_.splits.size());
  std::vector<uint64_t> numbers;
  for (const Block& block : blocks_) {
    const Part& part = parts_[block.part];
    const uint64_t row_bytes = part.file->blocks()[block.block].size_bytes / block.rows;
    for (uint64_t row = 0; row < block.rows; ++row) {
      PlannedItem item;
      numbers.push_back(counts[part.split]++);
      item.name =
          named ? std::move(listed.names[items_.size()]) : fmt::format("{:06}", numbers.back());
      item.split = part.split;
      item.estimated_bytes = row_bytes;
      item.content_key =
          (block.part * kKeyFactor + block.first_row + row) * kKeyFactor + item.estimated_bytes;
      items_.push_back(std::move(item));
    }
  }
  make_names_unique(
      items_, facts_.splits,
      [&](uint64_t i) { return fmt::format("{:06}/{}", numbers[i], items_[i].name); },
      facts_.notes);
}

void TableReader::find_labels(Listed& listed, const Features& features) {
  if (!listed.label) return;
  const std::string& column = columns_[fields_[*listed.label].column].name;
  const auto feature = features.find(column);
  std::vector<std::string> names;
  if (feature != features.end()) names = feature->second.class_names;
  const bool own = fields_[*listed.label].is_written;
  if (own) names = inputs_.own->class_names;
  ClassLabels classes = label_classes(listed.texts, names, parts_.front().path);
  labels_ = std::move(classes.labels);
  facts_.class_names = std::move(classes.class_names);
  if (facts_.class_names.empty() && !own) facts_.class_names = numbers_as_names(labels_);
  facts_.notes.insert(facts_.notes.end(), classes.notes.begin(), classes.notes.end());
  for (size_t i = 0; i < items_.size(); ++i)
    items_[i].content_key = items_[i].content_key * kKeyFactor + static_cast<uint64_t>(labels_[i]);
}

}  // namespace stoker
