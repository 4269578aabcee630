#include "formats/stacked/array_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <string_view>

#include "libdata/core/error.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

constexpr uint64_t kMostInlineBytes = 1024;
constexpr int64_t kMostClasses = 65536;
constexpr std::array<std::string_view, 5> kPlainAxes{"", "C", "HW", "ZYX", "CZYX"};

constexpr std::array<std::string_view, 9> kImageNames{"x",    "image",  "images", "img",   "imgs",
                                                      "data", "pixels", "input",  "inputs"};
constexpr std::array<std::string_view, 5> kLabelNames{"y", "label", "labels", "target", "targets"};

template <size_t kCount>
bool is_among(const std::array<std::string_view, kCount>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_channels(uint64_t extent) {
  return extent == 1 || extent == 3;
}
bool is_last_channels(uint64_t extent) {
  return is_channels(extent) || extent == 4;
}

Field blob(const std::string& name, DType dtype, std::string_view axes) {
  Field field;
  field.name = name;
  field.dtype = dtype;
  field.axes = axes;
  return field;
}

Field pixels_field(const std::string& name) {
  Field field = blob(name, DType::kUInt8, "HWC");
  if (name != kImageField) return field;
  field.unit = "0..255";
  field.color = "any";
  field.normalization = "none";
  return field;
}

// Volumes by the names that loaders look for.
Field volume_field(const std::string& name, DType dtype, std::string_view axes) {
  const bool voxels = dtype == DType::kUInt8 || dtype == DType::kUInt16;
  if (name == kImageField && axes == "ZYX" && voxels) return image_field({dtype, false});
  return blob(name, dtype, axes);
}

StridedArray without_last_axis(StridedArray array) {
  std::vector<int> order(static_cast<size_t>(array.row_rank() - 1));
  std::iota(order.begin(), order.end(), 0);
  return with_row_axes(std::move(array), order);
}

StridedArray with_channel_axis(StridedArray array) {
  array.shape.push_back(1);
  array.strides_bytes.push_back(array.type.size_bytes);
  return array;
}

void take_pixels(const std::string& name, FieldArray& made) {
  StridedArray& array = made.array;
  made.field = pixels_field(name);
  if (array.row_rank() == 2) {
    array = with_channel_axis(std::move(array));
  } else if (!is_last_channels(array.shape[3])) {
    array = with_row_axes(std::move(array), {1, 2, 0});
    made.notes.push_back("channels stand first: turned, so that they are last");
  } else if (array.shape[3] == 4) {
    array.shape[3] = 3;
    made.notes.push_back("the fourth channel of its pixels (alpha) is left out");
  }
}

// A fourth channel is alpha in images alone; in masks and the like it counts as much as the others.
bool holds_pixels(const std::string& name, const StridedArray& array, DType dtype) {
  if (dtype != DType::kUInt8) return false;
  if (array.row_rank() == 2) return true;
  if (array.row_rank() != 3) return false;
  const bool has_alpha = array.shape[3] == 4 && name == kImageField;
  return is_channels(array.shape[3]) || has_alpha || is_channels(array.shape[1]);
}

void take_volume(const std::string& name, DType dtype, FieldArray& made) {
  StridedArray& array = made.array;
  if (array.row_rank() == 4 && array.shape[4] == 1) array = without_last_axis(std::move(array));
  if (array.row_rank() == 4 && is_last_channels(array.shape[4])) {
    array = with_row_axes(std::move(array), {3, 0, 1, 2});
    made.notes.push_back("channels stand last: turned, so that they are first");
  }
  made.field = volume_field(name, dtype, array.row_rank() == 4 ? "CZYX" : "ZYX");
}

void take_small(const std::string& name, DType dtype, FieldArray& made) {
  const StridedArray& array = made.array;
  made.field = blob(name, dtype, kPlainAxes[static_cast<size_t>(array.row_rank())]);
  if (array.row_elements() * dtype_size(dtype) > kMostInlineBytes) return;
  made.field.storage = Storage::kInline;
  for (size_t axis = 1; axis < array.shape.size(); ++axis)
    made.field.shape.push_back(static_cast<int64_t>(array.shape[axis]));
}

bool take_class(const std::string& name, FieldArray& made) {
  StridedArray& array = made.array;
  const bool one = array.row_rank() == 0 || (array.row_rank() == 1 && array.shape[1] == 1);
  if (name != "label" || !is_integer(array.type) || array.row_rank() > 1) return false;
  if (!one) {
    made.field.name = "labels";
    return false;
  }
  array = with_row_axes(std::move(array), {});
  made.field.storage = Storage::kInline;
  made.field.dtype = DType::kInt32;
  made.field.unit = "class index";
  return true;
}

}  // namespace

FieldArray as_field(const std::string& name, StridedArray array) {
  FieldArray made;
  made.field.name = name;
  made.array = std::move(array);
  const ElementType type = made.array.type;
  if (take_class(name, made)) return made;
  const auto dtype = field_dtype(type);
  if (!dtype) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} has no place in a data set: save it as int64 or narrower",
                            element_type_name(type)),
                made.array.path);
  }
  if (type.kind == ElementKind::kFloat && type.size_bytes == 8) {
    made.notes.push_back("float64 is rounded to float32");
  }
  const std::string final_name = made.field.name;
  const int rank = made.array.row_rank();
  if (holds_pixels(final_name, made.array, *dtype)) {
    take_pixels(final_name, made);
  } else if (rank <= 1) {
    take_small(final_name, *dtype, made);
  } else if (rank == 3 && type.kind == ElementKind::kFloat &&
             is_last_channels(made.array.shape[3])) {
    made.field = blob(final_name, *dtype, "HWC");
  } else if (rank == 2) {
    made.field = blob(final_name, *dtype, kPlainAxes[2]);
  } else {
    take_volume(final_name, *dtype, made);
  }
  row_extents(made.array);
  return made;
}

StridedArray as_written(const Field& field, StridedArray array) {
  if (array.count() == 0) return array;
  bool fits = array.row_rank() == field.rank();
  for (size_t axis = 0; fits && axis < field.shape.size(); ++axis)
    fits = array.shape[axis + 1] == static_cast<uint64_t>(field.shape[axis]);
  if (fits) return array;
  throw Error(
      ErrorCode::kCorrupt,
      fmt::format("has samples of shape ({}), where stoker.json says axes '{}'{}",
                  fmt::join(array.shape.begin() + 1, array.shape.end(), ", "), field.axes,
                  field.shape.empty() ? "" : fmt::format(" of ({})", fmt::join(field.shape, ", "))),
      array.path);
}

std::string usual_field_name(const std::string& name) {
  std::string lower = name;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (is_among(kImageNames, lower)) return kImageField;
  if (is_among(kLabelNames, lower)) return kLabelField;
  return name;
}

std::vector<std::string> numbered_classes(const std::vector<const StridedArray*>& labels) {
  int64_t largest = -1;
  for (const StridedArray* array : labels) {
    for (uint64_t row = 0; row < array->count(); ++row) {
      const int64_t label = read_integer(*array, row);
      if (label < -1 || label >= kMostClasses) return {};
      largest = std::max(largest, label);
    }
  }
  std::vector<std::string> names;
  for (int64_t label = 0; label <= largest; ++label)
    names.push_back(std::to_string(label));
  return names;
}

}  // namespace stoker
