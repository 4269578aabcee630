#include "formats/zarr/zarr_volume.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr std::string_view kVolumeAxes = "tczyx";

}  // namespace

std::vector<std::string> named_axes(const ZarrArray& array) {
  std::vector<std::string> axes = array.info().dimension_names;
  try {
    read_json(array.attributes(), "attributes", [&](const Json& json) {
      if (axes.empty() && json.is_object() && json.contains("_ARRAY_DIMENSIONS"))
        axes = json["_ARRAY_DIMENSIONS"].get<std::vector<std::string>>();
    });
  } catch (const Error&) {  // says nothing of axes
  }
  std::set<std::string> seen;
  bool space = false;
  for (const std::string& axis : axes) {
    const bool known = axis.size() == 1 && kVolumeAxes.find(axis) != std::string_view::npos;
    if (!known || !seen.insert(axis).second) return {};
    space = space || axis == "z";
  }
  return space && axes.size() == array.info().shape.size() ? axes : std::vector<std::string>{};
}

ZarrVolumeArray as_volume(const std::shared_ptr<const ZarrArray>& array,
                          std::vector<std::string> axes) {
  ZarrVolumeArray volume;
  const StridedArray stored = as_strided(array);
  const size_t rank = stored.shape.size();
  if (axes.empty() && rank >= 3 && rank <= kVolumeAxes.size()) {
    for (const char axis : kVolumeAxes.substr(kVolumeAxes.size() - rank))
      axes.emplace_back(1, axis);
  }
  if (axes.size() != rank) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("a volume of {} axes, {} of them named", rank, axes.size()),
                stored.path);
  }
  volume.array = stored;
  volume.array.shape.assign(kVolumeAxes.size(), 1);
  volume.array.strides_bytes.assign(kVolumeAxes.size(), 0);
  volume.array.strides_bytes[0] = static_cast<int64_t>(stored.bytes->size());
  for (size_t i = 0; i < rank; ++i) {
    const size_t axis = axes[i].size() == 1 ? kVolumeAxes.find(axes[i]) : std::string_view::npos;
    if (axis == std::string_view::npos) {
      if (stored.shape[i] == 1) continue;
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("an axis '{}' of {} elements: t, c, z, y and x are read", axes[i],
                              stored.shape[i]),
                  stored.path);
    }
    if (stored.shape[i] == 1) continue;
    volume.array.shape[axis] = stored.shape[i];
    volume.array.strides_bytes[axis] = stored.strides_bytes[i];
  }
  if (volume.array.shape[0] == 0) {
    throw Error(ErrorCode::kUnsupported, "a volume without voxels", stored.path);
  }
  ZarrObjects objects = array->store().objects(array->path());
  volume.array.key = objects.key;
  volume.files = std::move(objects.files);
  return volume;
}

}  // namespace stoker
