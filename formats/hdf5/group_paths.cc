#include "formats/hdf5/group_paths.h"

#include <algorithm>
#include <iterator>

#include "formats/hdf5/hdf5_inputs.h"

namespace stoker {
namespace {

bool is_scalar_like(const Hdf5Array& array) {
  return array.element_count() == 1;
}

// An array of numbers for every sample beside arrays with as many rows: samples are rows.
bool has_rows(const std::vector<const Hdf5Array*>& arrays) {
  for (const Hdf5Array* vector : arrays) {
    if (vector->shape.empty() || is_scalar_like(*vector)) continue;
    if (vector->element_count() != vector->shape.front()) continue;
    for (const Hdf5Array* other : arrays) {
      if (other->shape.size() > 1 && other->shape.front() == vector->shape.front()) return true;
    }
  }
  return false;
}

}  // namespace

GroupPath split_path(const std::string& path) {
  GroupPath parts;
  size_t begin = 0;
  size_t slash = path.find('/');
  if (slash == std::string::npos) return {"", "", path};
  if (const std::string split = split_of_path(path.substr(0, slash));
      !split.empty() && path_without_split(path.substr(0, slash)) == "data") {
    parts.split = split;
    begin = slash + 1;
    slash = path.find('/', begin);
    if (slash == std::string::npos) return {split, "", path.substr(begin)};
  }
  parts.group = path.substr(0, slash);
  parts.rest = path.substr(slash + 1);
  return parts;
}

Groups group_arrays(const std::vector<Hdf5Array>& arrays) {
  Groups groups;
  for (const Hdf5Array& array : arrays)
    groups[split_path(array.path).group].push_back(&array);
  return groups;
}

bool is_grouped(const std::vector<Hdf5Array>& arrays) {
  const Groups groups = group_arrays(arrays);
  if (groups.size() < 2 || groups.contains("")) return false;
  const auto& first = groups.begin()->second;
  const auto& second = std::next(groups.begin())->second;
  if (has_rows(first)) return false;
  return split_path(first.front()->path).rest == split_path(second.front()->path).rest;
}

bool is_one_sample(const std::vector<Hdf5Array>& arrays) {
  std::vector<const Hdf5Array*> all;
  size_t most_axes = 0;
  for (const Hdf5Array& array : arrays) {
    const bool bytes =
        array.type.kind == Hdf5Kind::kVlenBytes || array.type.kind == Hdf5Kind::kBytes;
    if (bytes && !is_scalar_like(array)) return false;
    all.push_back(&array);
    most_axes = std::max(most_axes, array.shape.size());
  }
  return !has_rows(all) && most_axes >= 2 && most_axes <= 3;
}

}  // namespace stoker
