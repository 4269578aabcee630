#include "formats/stacked/stack_assembly.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "formats/source_entries.h"
#include "libdata/core/error.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

using FieldArrays = std::vector<FieldArray>;  // of one stack

std::string file_of(const StridedArray& array) {
  return fs::path(array.path).filename().string();
}

// The name that --field gives an array; nothing where it gives none.
std::optional<std::string> wanted_name(const NamedStackArray& array,
                                       const std::map<std::string, std::string>& wanted) {
  for (const auto& [name, source] : wanted)
    if (source == array.key || source == array.name) return name;
  return std::nullopt;
}

void check_wanted(const std::vector<NamedStack>& stacks,
                  const std::map<std::string, std::string>& wanted) {
  for (const auto& [name, source] : wanted) {
    std::set<std::string> keys;
    bool found = false;
    for (const NamedStack& stack : stacks) {
      for (const NamedStackArray& array : stack.arrays) {
        keys.insert(array.key);
        found = found || source == array.key || source == array.name;
      }
    }
    if (found) continue;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("--field {}={}: the source has {}", name,
                                                         source, fmt::join(keys, ", ")));
  }
}

FieldArrays name_fields(NamedStack& stack, const std::map<std::string, std::string>& wanted,
                        std::vector<SampleNote>& notes) {
  FieldArrays fields;
  std::map<std::string, std::string> key_of;
  for (NamedStackArray& source : stack.arrays) {
    std::string name = wanted_name(source, wanted).value_or(usual_field_name(source.name));
    if (!wanted_name(source, wanted) && wanted.contains(name)) name = source.name;
    if (name.empty()) name = kImageField;
    const auto [twin, is_new] = key_of.emplace(name, source.key);
    if (!is_new) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' and '{}' may both be the field '{}' of split {}: say which "
                              "with --field {}={}",
                              twin->second, source.key, name, stack.split, name, source.key));
    }
    const std::string file = file_of(source.array);
    fields.push_back(as_field(name, std::move(source.array)));
    for (const std::string& note : fields.back().notes)
      notes.push_back({source.key, note, file, 0});
  }
  return fields;
}

const FieldArray* find_field(const FieldArrays& fields, std::string_view name) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FieldArray& f) { return f.field.name == name; });
  return found == fields.end() ? nullptr : &*found;
}

// Means, class names and the like: not one row a sample.
void leave_out_other_lengths(FieldArrays& fields, std::vector<SampleNote>& notes) {
  const FieldArray* main = find_field(fields, kImageField);
  if (main == nullptr) main = find_field(fields, kLabelField);
  if (main == nullptr) return;
  const uint64_t count = main->array.count();
  std::erase_if(fields, [&](const FieldArray& f) {
    if (f.array.count() == count || f.field.name == kImageField || f.field.name == kLabelField)
      return false;
    notes.push_back(
        {f.field.name,
         fmt::format("left out: has {} rows, where there are {} samples", f.array.count(), count),
         file_of(f.array), 0});
    return true;
  });
}

int rank_of_name(const std::string& name) {
  return name == kImageField ? 0 : name == kLabelField ? 1 : 2;
}

bool is_class_field(const Field& field) {
  return field.name == kLabelField && field.storage == Storage::kInline &&
         field.dtype == DType::kInt32 && field.axes.empty();
}

// The fields that all stacks have, and a label that some have.
Schema common_schema(const std::vector<FieldArrays>& stacks, std::vector<SampleNote>& notes) {
  Schema schema;
  std::set<std::string> seen;
  for (const FieldArrays& fields : stacks) {
    for (const FieldArray& field : fields) {
      if (!seen.insert(field.field.name).second) continue;
      const bool everywhere = std::all_of(stacks.begin(), stacks.end(), [&](const auto& other) {
        return find_field(other, field.field.name) != nullptr;
      });
      if (everywhere || is_class_field(field.field)) {
        schema.fields.push_back(field.field);
        continue;
      }
      notes.push_back(
          {field.field.name, "left out: not every split has it", file_of(field.array), 0});
    }
  }
  std::stable_sort(schema.fields.begin(), schema.fields.end(), [](const Field& a, const Field& b) {
    return rank_of_name(a.name) < rank_of_name(b.name);
  });
  return schema;
}

StridedArray take_array(const Field& field, const FieldArrays& fields, const std::string& split,
                        std::vector<SampleNote>& notes) {
  const FieldArray* found = find_field(fields, field.name);
  if (found == nullptr) {
    notes.push_back({split, "has no labels: they are -1", file_of(fields.front().array), 0});
    return constant_array(-1, fields.front().array.count());
  }
  if (!(found->field == field)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("split {}: '{}' is {} with axes '{}' of ({}), in other splits it is {} "
                            "with axes '{}' of ({})",
                            split, field.name, dtype_name(found->field.dtype), found->field.axes,
                            fmt::join(found->field.shape, ", "), dtype_name(field.dtype),
                            field.axes, fmt::join(field.shape, ", ")),
                found->array.path);
  }
  return found->array;
}

}  // namespace

StackAssembly assemble_stacks(std::vector<NamedStack> stacks,
                              const std::map<std::string, std::string>& wanted) {
  StackAssembly assembly;
  check_wanted(stacks, wanted);
  std::vector<FieldArrays> fields;
  for (NamedStack& stack : stacks) {
    fields.push_back(name_fields(stack, wanted, assembly.notes));
    leave_out_other_lengths(fields.back(), assembly.notes);
  }
  assembly.schema = common_schema(fields, assembly.notes);
  if (assembly.schema.fields.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "no array stands in every split",
                stacks.front().files.front().string());
  }
  for (size_t i = 0; i < stacks.size(); ++i) {
    SampleStack made{stacks[i].split, stacks[i].prefix, {}, {}, stacks[i].files};
    for (const Field& field : assembly.schema.fields)
      made.arrays.push_back(take_array(field, fields[i], stacks[i].split, assembly.notes));
    assembly.stacks.push_back(std::move(made));
  }
  return assembly;
}

std::unique_ptr<SourceReader> read_stacks(StackAssembly assembly,
                                          std::vector<std::string> class_names,
                                          const std::vector<fs::path>& inputs,
                                          std::vector<SampleNote> notes) {
  SourceFacts facts;
  facts.sources = describe_sources(inputs);
  facts.notes = std::move(notes);
  std::move(assembly.notes.begin(), assembly.notes.end(), std::back_inserter(facts.notes));
  std::vector<const StridedArray*> labels;
  for (size_t f = 0; f < assembly.schema.fields.size(); ++f) {
    if (!is_class_field(assembly.schema.fields[f])) continue;
    for (const SampleStack& stack : assembly.stacks)
      labels.push_back(&stack.arrays[f]);
  }
  std::vector<std::string> numbers = numbered_classes(labels);
  if (!class_names.empty() && numbers.size() > class_names.size()) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("label {} has no name: there are {} class names", numbers.size() - 1,
                            class_names.size()),
                inputs.front().string());
  }
  facts.class_names = class_names.empty() ? std::move(numbers) : std::move(class_names);
  return std::make_unique<StackedReader>(std::move(assembly.schema), std::move(assembly.stacks),
                                         std::move(facts));
}

}  // namespace stoker
