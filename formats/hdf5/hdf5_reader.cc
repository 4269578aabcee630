#include "formats/hdf5/hdf5_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "formats/hdf5/hdf5_value.h"
#include "formats/hdf5/listed_values.h"
#include "formats/hdf5/open_hdf5_source.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr size_t kDigits = 6;  // of the numbers of samples without names

uint64_t hash_of(const std::vector<FieldValue>& values) {
  Bytes hashes;
  for (const FieldValue& value : values) {
    const uint64_t hash = value.hash != 0 ? value.hash : xxh3_64(value.bytes);
    std::array<uint8_t, sizeof(hash)> bytes{};
    store_le(bytes.data(), hash);
    hashes.insert(hashes.end(), bytes.begin(), bytes.end());
  }
  return xxh3_64(hashes);
}

std::vector<SourceEntry> describe_inputs(const std::vector<fs::path>& inputs,
                                         const std::vector<Hdf5InputFile>& files) {
  std::vector<SourceEntry> entries;
  for (const fs::path& input : inputs) {
    const fs::path normal = input.lexically_normal();
    SourceEntry entry{(normal.has_filename() ? normal : normal.parent_path()).filename().string(),
                      0};
    for (const Hdf5InputFile& file : files) {
      const fs::path below = file.path.lexically_normal().lexically_relative(normal);
      if (!below.empty() && *below.begin() != "..") entry.size_bytes += fs::file_size(file.path);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

Hdf5Reader::Hdf5Reader(const SourceRequest& request)
    : source_(std::make_unique<OpenHdf5Source>(find_hdf5_samples(request), kHdf5CacheBytes)) {
  choose_names(request);
  const Hdf5Source& source = source_->source;
  schema_ = source.columns.schema();
  try {
    check_schema(schema_);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUnsupported, error.message(), source.files.front().path.string());
  }
  facts_.class_names = source.class_names;
  facts_.splits = source.splits;
  facts_.notes.insert(facts_.notes.begin(), source.notes.begin(), source.notes.end());
  facts_.sources = describe_inputs(request.inputs, source.files);
  number_text_labels();
  if (source.arrangement == Hdf5Arrangement::kRows) {
    add_rows();
    check_class_names();
    if (source_->is_large()) read_in_order();
  } else {
    add_groups();
  }
  names_.clear();
}

Hdf5Reader::~Hdf5Reader() = default;

// Texts that do not tell samples apart are a field like others, and samples are numbered.
void Hdf5Reader::choose_names(const SourceRequest& request) {
  Hdf5Source& source = source_->source;
  if (!source.columns.names) return;
  std::vector<std::set<std::string>> taken(source.splits.size());
  bool telling = true;
  for (size_t p = 0; p < source.parts.size(); ++p) {
    names_.push_back(read_listed_names(*source_, p, *source.columns.names));
    for (const std::string& name : names_.back())
      telling = telling && !name.empty() && taken[source.parts[p].split].insert(name).second;
  }
  if (telling) return;
  const std::string path = source.files.front().path.string();
  const std::string& name = source.candidates[*source.columns.names].source;
  if (source.own || request.fields.contains("name")) {
    throw Error(ErrorCode::kCorrupt, name + ": names of samples are empty or occur twice", path);
  }
  facts_.notes.push_back({name, "is not unique: samples are numbered, and it is a field",
                          source.files.front().path.filename().string(), 0});
  names_.clear();
  source.columns = choose_columns(source.candidates, request.fields, true, path);
}

void Hdf5Reader::number_text_labels() {
  const Hdf5Source& source = source_->source;
  for (const Hdf5Column& column : source.columns.columns) {
    if (column.form != ColumnForm::kNamed) continue;
    TextLabels found = read_listed_texts(*source_, column.candidate);
    labels_ = std::move(found.labels);
    facts_.class_names = std::move(found.class_names);
    if (found.empty_count == 0) continue;
    facts_.notes.push_back(
        {source.candidates[column.candidate].source,
         fmt::format("{} texts are empty: their samples have label -1", found.empty_count),
         source.files.front().path.filename().string(), 0});
  }
}

void Hdf5Reader::read_labels(size_t part) {
  for (const Hdf5Column& column : source_->source.columns.columns) {
    const Field& field = column.field;
    const bool label = field.name == "label" && field.storage == Storage::kInline &&
                       field.dtype == DType::kInt32 && field.axes.empty();
    if (label && column.form != ColumnForm::kNamed)
      read_listed_labels(*source_, part, column.candidate, labels_);
  }
}

// Names that do not reach would make a data set that no one can read.
void Hdf5Reader::check_class_names() {
  if (labels_.empty() || facts_.class_names.empty()) return;
  const int32_t largest = *std::max_element(labels_.begin(), labels_.end());
  if (largest < static_cast<int64_t>(facts_.class_names.size())) return;
  facts_.notes.push_back({"class names",
                          fmt::format("left out: there are {}, and labels up to {}",
                                      facts_.class_names.size(), largest),
                          source_->source.files.front().path.filename().string(), 0});
  facts_.class_names.clear();
}

void Hdf5Reader::add_rows() {
  const Hdf5Source& source = source_->source;
  std::vector<uint64_t> in_split(source.splits.size(), 0);
  for (size_t p = 0; p < source.parts.size(); ++p) {
    const Hdf5Part& part = source.parts[p];
    uint64_t sample_bytes = 0;
    for (const Hdf5Column& column : source.columns.columns) {
      const Hdf5Array& array = source_->arrays[p][column.candidate]->array();
      const bool any_length = column.form == ColumnForm::kFile || column.form == ColumnForm::kText;
      const uint64_t bytes =
          any_length ? source_->files[part.arrays[column.candidate].file]->bytes().size()
                     : array.size_bytes();
      sample_bytes += bytes / std::max<uint64_t>(1, part.sample_count);
    }
    read_labels(p);
    for (uint64_t row = 0; row < part.sample_count; ++row) {
      const uint64_t number = in_split[part.split]++;
      PlannedItem item;
      item.name =
          names_.empty() ? fmt::format("{:0{}}", number, kDigits) : std::move(names_[p][row]);
      item.estimated_bytes = sample_bytes;
      item.split = part.split;
      const int64_t label = labels_.empty() ? 0 : labels_[items_.size()];
      item.content_key = (sample_bytes << 20) ^ (row << 1) ^ (static_cast<uint64_t>(label) << 40);
      items_.push_back(std::move(item));
      places_.push_back({static_cast<uint32_t>(p), row});
    }
  }
}

void Hdf5Reader::read_in_order() {
  access_ = SourceAccess::kInOrder;
  for (const auto& part : source_->arrays)
    for (const auto& array : part)
      array->reads_in_order();
}

void Hdf5Reader::add_groups() {
  const Hdf5Source& source = source_->source;
  std::vector<std::set<std::string>> taken(source.splits.size());
  const bool several = source.files.size() > 1;
  for (size_t g = 0; g < source.groups.size(); ++g) {
    const Hdf5SampleGroup& group = source.groups[g];
    std::string name = source.files[group.file].name;
    if (!group.group.empty()) {
      const std::string own = path_without_split(group.group);
      name = several ? name + "/" + own : own;
    }
    if (!taken[group.split].insert(name).second) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("two samples of the split are called '{}'", name),
                  source.files[group.file].path.string());
    }
    PlannedItem item;
    item.name = std::move(name);
    item.estimated_bytes = group.size_bytes;
    item.split = group.split;
    item.content_key = group.size_bytes;
    items_.push_back(std::move(item));
    places_.push_back({static_cast<uint32_t>(g), 0});
  }
}

void Hdf5Reader::read_row(const Place& place, Sample& sample) const {
  const Hdf5Source& source = source_->source;
  const Hdf5Part& part = source.parts[place.part];
  for (const Hdf5Column& column : source.columns.columns) {
    const Hdf5RowArray& row = part.arrays[column.candidate];
    sample.source_path = source.files[row.file].path.string();
    if (column.form == ColumnForm::kNamed) {
      sample.values.push_back(inline_number(labels_[sample.item], sample));
      continue;
    }
    sample.values.push_back(read_hdf5_value(*source_->arrays[place.part][column.candidate], column,
                                            Hdf5Row{row.axis, place.row}, sample));
  }
}

void Hdf5Reader::read_group(size_t index, Sample& sample) const {
  const Hdf5Source& source = source_->source;
  const Hdf5SampleGroup& group = source.groups[index];
  sample.source_path = source.files[group.file].path.string();
  const auto file = source_->open(group.file);
  std::optional<std::map<std::string, Hdf5Attribute>> attributes;
  for (const Hdf5Column& column : source.columns.columns) {
    const Hdf5Candidate& candidate = source.candidates[column.candidate];
    if (column.form == ColumnForm::kNamed) {
      sample.values.push_back(inline_number(labels_[index], sample));
      continue;
    }
    if (!candidate.is_attribute) {
      const std::string path =
          group.group.empty() ? candidate.source : group.group + "/" + candidate.source;
      const Hdf5BoxReader array(*file, path);
      sample.values.push_back(read_hdf5_value(array, column, std::nullopt, sample));
      continue;
    }
    if (!attributes) attributes = file->attributes(group.group);
    const auto found = attributes->find(candidate.source);
    const bool like =
        found != attributes->end() &&
        (candidate.type.kind == Hdf5Kind::kVlenText
             ? std::holds_alternative<std::string>(found->second)
         : candidate.type.number == 'f' ? std::holds_alternative<double>(found->second)
                                        : std::holds_alternative<int64_t>(found->second));
    if (!like) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: no attribute '{}' like the first sample's", group.group,
                              candidate.source),
                  file->path());
    }
    sample.values.push_back(attribute_value(found->second, column, sample));
  }
}

void Hdf5Reader::read(Sample& sample) const {
  const Place& place = places_[sample.item];
  if (source_->source.arrangement == Hdf5Arrangement::kRows) {
    read_row(place, sample);
  } else {
    read_group(place.part, sample);
  }
  sample.source_hash = hash_of(sample.values);
}

void Hdf5Reader::prefetch(uint64_t item) const {
  const Hdf5Source& source = source_->source;
  if (source.arrangement != Hdf5Arrangement::kRows) return;
  const Place& place = places_[item];
  for (const Hdf5Column& column : source.columns.columns) {
    const Hdf5BoxReader& array = *source_->arrays[place.part][column.candidate];
    const size_t axis = source.parts[place.part].arrays[column.candidate].axis;
    array.prefetch(row_box(array.array(), Hdf5Row{axis, place.row}));
  }
}

std::optional<int64_t> Hdf5Reader::label(uint64_t item) const {
  if (labels_.empty()) return std::nullopt;
  return labels_[item];
}

std::vector<fs::path> Hdf5Reader::source_files(uint64_t item) const {
  const Hdf5Source& source = source_->source;
  if (source.arrangement != Hdf5Arrangement::kRows)
    return {source.files[source.groups[places_[item].part].file].path};
  std::vector<fs::path> files;
  for (const Hdf5RowArray& row : source.parts[places_[item].part].arrays) {
    const fs::path& path = source.files[row.file].path;
    if (std::find(files.begin(), files.end(), path) == files.end()) files.push_back(path);
  }
  return files;
}

uint64_t Hdf5Reader::hash_source(uint64_t item) const {
  return hash_by_reading(item);
}

}  // namespace stoker
