#include "formats/stacked/stacked_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {
namespace {

uint64_t mix(uint64_t key, uint64_t value) {
  return (key ^ value) * kKeyFactor;
}

std::optional<size_t> find_label(const Schema& schema) {
  const auto field = schema.find("label");
  if (!field) return std::nullopt;
  const Field& label = schema.fields[*field];
  const bool is_class =
      label.storage == Storage::kInline && label.dtype == DType::kInt32 && label.axes.empty();
  return is_class ? field : std::nullopt;
}

// Of what the files' directories say of all arrays of a stack.
uint64_t key_of(const SampleStack& stack) {
  uint64_t key = 1;
  for (const StridedArray& array : stack.arrays) {
    key = mix(mix(key, array.bytes->size()), array.key);
    for (const uint64_t extent : array.shape)
      key = mix(key, extent);
  }
  return key;
}

uint64_t row_bytes(const SampleStack& stack, const Schema& schema) {
  uint64_t bytes = 0;
  for (size_t f = 0; f < schema.fields.size(); ++f)
    bytes += stack.arrays[f].row_elements() * dtype_size(schema.fields[f].dtype);
  return bytes;
}

uint64_t samples_of(const SampleStack& stack) {
  return stack.arrays.front().count();
}

}  // namespace

StackedReader::StackedReader(Schema schema, std::vector<SampleStack> stacks, SourceFacts facts)
    : schema_(std::move(schema)), stacks_(std::move(stacks)), facts_(std::move(facts)) {
  check_schema(schema_);
  label_ = find_label(schema_);
  facts_.splits.clear();
  for (const SampleStack& stack : stacks_) {
    check_stack(stack);
    const auto known = std::find(facts_.splits.begin(), facts_.splits.end(), stack.split);
    const auto split = static_cast<size_t>(known - facts_.splits.begin());
    if (known == facts_.splits.end()) facts_.splits.push_back(stack.split);
    first_items_.push_back(items_.size());
    list_items(stack, split);
    for (const StridedArray& array : stack.arrays)
      if (!array.bytes->is_random()) access_ = SourceAccess::kInOrder;
  }
  std::unordered_set<std::string> names;
  for (const PlannedItem& item : items_) {
    if (names.insert(fmt::format("{}\t{}", item.split, item.name)).second) continue;
    throw Error(ErrorCode::kCorrupt, fmt::format("two samples of split {} are called '{}'",
                                                 facts_.splits[item.split], item.name));
  }
}

void StackedReader::check_stack(const SampleStack& stack) const {
  for (size_t f = 0; f < schema_.fields.size(); ++f) {
    const StridedArray& array = stack.arrays[f];
    row_extents(array);
    if (array.count() != samples_of(stack)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("split {}: '{}' has {} rows, '{}' has {}; fields of one split have "
                              "as many rows as there are samples",
                              stack.split, schema_.fields[0].name, samples_of(stack),
                              schema_.fields[f].name, array.count()),
                  array.path);
    }
  }
  if (!stack.names.empty() && stack.names.size() != samples_of(stack)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("split {}: {} names for {} samples", stack.split, stack.names.size(),
                            samples_of(stack)),
                stack.files.front().string());
  }
}

void StackedReader::list_items(const SampleStack& stack, size_t split) {
  const uint64_t key = key_of(stack);
  PlannedItem item;
  item.split = split;
  item.estimated_bytes = row_bytes(stack, schema_);
  Bytes out;
  Bytes scratch;
  items_.reserve(items_.size() + samples_of(stack));
  for (uint64_t row = 0; row < samples_of(stack); ++row) {
    item.name = stack.prefix + (stack.names.empty() ? fmt::format("{:06}", row) : stack.names[row]);
    item.content_key = mix(key, row);
    if (label_) {
      const ByteSpan label = read_row(stack.arrays[*label_], row, DType::kInt32, out, scratch);
      item.content_key = mix(item.content_key, xxh3_64(label));
    }
    items_.push_back(item);
  }
}

StackedReader::Place StackedReader::place_of(uint64_t item) const {
  // The last that begins here or before: stacks without samples begin where the next does.
  const auto after = std::upper_bound(first_items_.begin(), first_items_.end(), item);
  const auto stack = static_cast<size_t>(after - first_items_.begin()) - 1;
  return {&stacks_[stack], item - first_items_[stack]};
}

void StackedReader::read(Sample& sample) const {
  const auto [stack, row] = place_of(sample.item);
  sample.source_path = stack->files.front().string();
  uint64_t hash = 1;
  for (size_t f = 0; f < schema_.fields.size(); ++f) {
    const StridedArray& array = stack->arrays[f];
    const Field& field = schema_.fields[f];
    if (f == 0) sample.source_offset_bytes = array.file_offset_bytes;
    Bytes& out = sample.next_buffer();
    FieldValue value;
    value.bytes = read_row(array, row, field.dtype, out, sample.next_buffer());
    value.hash = xxh3_64(value.bytes);
    hash = mix(hash, value.hash);
    if (field.storage == Storage::kBlob) {
      value.shape = row_extents(array);
      value.original_shape = value.shape;
    }
    sample.values.push_back(value);
  }
  sample.source_hash = hash;
}

void StackedReader::prefetch(uint64_t item) const {
  const auto [stack, row] = place_of(item);
  for (const StridedArray& array : stack->arrays)
    prefetch_row(array, row);
}

std::optional<int64_t> StackedReader::label(uint64_t item) const {
  if (!label_) return std::nullopt;
  const auto [stack, row] = place_of(item);
  return read_integer(stack->arrays[*label_], row);
}

std::vector<std::filesystem::path> StackedReader::source_files(uint64_t item) const {
  return place_of(item).stack->files;
}

uint64_t StackedReader::hash_source(uint64_t item) const {
  return hash_by_reading(item);
}

}  // namespace stoker
