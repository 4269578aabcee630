#include "formats/npy/npy_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "formats/npy/array_groups.h"
#include "formats/npy/npy_folder.h"
#include "formats/split_names.h"
#include "formats/stacked/stack_assembly.h"
#include "formats/unit_folder.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"
#include "libdata/shard/manifest.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSeparators = "_-. /";

// The stacks of one group, by split, in order of their first array.
std::vector<NamedStack> stacks_of(ArrayGroup& group, const std::string& asked_split) {
  std::vector<NamedStack> stacks;
  for (NamedArray& array : group.arrays) {
    ArrayName name = parse_array_name(array.name);
    if (name.split.empty()) name.split = group.split;
    if (name.split.empty()) name.split = asked_split.empty() ? "train" : asked_split;
    auto stack = std::find_if(stacks.begin(), stacks.end(),
                              [&](const NamedStack& s) { return s.split == name.split; });
    if (stack == stacks.end()) {
      stacks.push_back({name.split, "", {}, group.files});
      stack = stacks.end() - 1;
    }
    stack->arrays.push_back({array.name, name.field, std::move(array.array)});
  }
  return stacks;
}

// Where several groups hold samples of one split, the group's name tells them apart.
void tell_groups_apart(std::vector<std::pair<NamedStack, std::string>>& stacks) {
  std::map<std::string, size_t> in_split;
  for (const auto& [stack, group] : stacks)
    ++in_split[stack.split];
  std::map<std::string, size_t> used;
  for (auto& [stack, group] : stacks) {
    if (in_split[stack.split] < 2) continue;
    const size_t before = used[stack.split + "\t" + group]++;
    stack.prefix = before == 0 ? group + "/" : fmt::format("{}-{}/", group, before + 1);
  }
}

// Where an array belongs: the .npz file it is in (of .npy files none), split, field.
using ArrayPlace = std::tuple<std::string, std::string, std::string>;

ArrayPlace place_of(const std::string& array, const fs::path& file) {
  const ArrayName name = parse_array_name(array);
  return {file.extension() == ".npz" ? file.filename().string() : "", name.split,
          name.field.empty() ? kImageField : usual_field_name(name.field)};
}

// What no field can hold is left out with a note, but for images and labels: a set without them is
// none that anybody meant.
void note_left_out(ArrayGroups& opened, const std::map<std::string, std::string>& wanted) {
  std::set<ArrayPlace> there;
  for (const ArrayGroup& group : opened.groups)
    for (const NamedArray& array : group.arrays)
      there.insert(place_of(array.name, array.array.path));
  for (SampleNote& array : opened.left_out) {
    const ArrayPlace place = place_of(array.name, array.file);
    const std::string& field = std::get<2>(place);
    const bool matters = field == kImageField || field == kLabelField;
    if (matters && !there.contains(place) && !wanted.contains(field)) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("'{}' would be the field '{}', but is not read: {}; --field {}=SOURCE takes "
                      "another array in its place",
                      array.name, field, array.reason, field),
          array.file);
    }
    array.reason = "left out: " + array.reason;
    opened.notes.push_back(std::move(array));
  }
}

std::vector<std::string> read_class_list(const std::vector<fs::path>& inputs) {
  std::vector<std::string> names;
  if (inputs.size() != 1 || !fs::exists(inputs.front() / kClassListName)) return names;
  const fs::path path = inputs.front() / kClassListName;
  try {
    read_json(read_text_file(path), kClassListName,
              [&](const Json& json) { names = json.get<std::vector<std::string>>(); });
  } catch (const Error& error) {
    throw error.at(path.string());
  }
  return names;
}

// A group's array called `name`, or Corrupt.
const StridedArray& require_array(const std::vector<NamedArray>& arrays, const std::string& name,
                                  const fs::path& where) {
  const auto found = std::find_if(arrays.begin(), arrays.end(),
                                  [&](const NamedArray& array) { return array.name == name; });
  if (found != arrays.end()) return found->array;
  throw Error(ErrorCode::kCorrupt, fmt::format("has no array '{}', which stoker.json lists", name),
              where.string());
}

// What this program wrote: SPLIT_FIELD.npy, or FIELD in SPLIT.npz.
std::unique_ptr<SourceReader> open_own(const fs::path& folder) {
  const Manifest manifest = read_manifest(folder / kForeignManifestName);
  StackAssembly assembly;
  assembly.schema = manifest.schema;
  std::vector<SampleNote> notes;
  uint64_t memory_left = kMostInflatedInAll;
  for (const SplitEntry& split : manifest.splits) {
    SampleStack stack;
    stack.split = split.name;
    const fs::path npz = folder / (split.name + ".npz");
    NamedArrays opened;
    if (fs::exists(npz)) {
      opened = open_npz(npz, memory_left);
      stack.files.push_back(npz);
    }
    for (const Field& field : manifest.schema.fields) {
      if (!fs::exists(npz)) {
        const fs::path file = folder / (split.name + "_" + field.name + ".npy");
        opened.arrays = {open_npy(file, notes)};
        opened.arrays.front().name = field.name;
        stack.files.push_back(file);
      }
      stack.arrays.push_back(
          as_written(field, require_array(opened.arrays, field.name, stack.files.back())));
    }
    stack.names = read_name_lines(folder / (split.name + kNamesEnding));
    assembly.stacks.push_back(std::move(stack));
  }
  if (assembly.stacks.empty()) throw Error(ErrorCode::kCorrupt, "holds no split", folder.string());
  return read_stacks(std::move(assembly), manifest.class_names, {folder}, std::move(notes));
}

}  // namespace

ArrayName parse_array_name(const std::string& name) {
  const size_t first = name.find_first_of(kSeparators);
  if (first == std::string::npos) {
    const std::string split = split_named(name);
    return split.empty() ? ArrayName{"", name} : ArrayName{split, ""};
  }
  if (const std::string split = split_named(name.substr(0, first)); !split.empty())
    return {split, name.substr(first + 1)};
  const size_t last = name.find_last_of(kSeparators);
  if (const std::string split = split_named(name.substr(last + 1)); !split.empty())
    return {split, name.substr(0, last)};
  return {"", name};
}

std::unique_ptr<SourceReader> open_npy_source(const SourceRequest& request) {
  const fs::path& first = request.inputs.front();
  const bool own = request.inputs.size() == 1 && request.fields.empty() &&
                   fs::exists(first / kForeignManifestName);
  if (own) return open_own(first);
  ArrayGroups opened = open_array_groups(request.inputs);
  note_left_out(opened, request.fields);
  std::vector<std::pair<NamedStack, std::string>> named;
  for (ArrayGroup& group : opened.groups)
    for (NamedStack& stack : stacks_of(group, request.split))
      named.emplace_back(std::move(stack), group.name);
  tell_groups_apart(named);
  std::vector<NamedStack> stacks;
  for (auto& [stack, group] : named)
    stacks.push_back(std::move(stack));
  return read_stacks(assemble_stacks(std::move(stacks), request.fields),
                     read_class_list(request.inputs), request.inputs, std::move(opened.notes));
}

}  // namespace stoker
