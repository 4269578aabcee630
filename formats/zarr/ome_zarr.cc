#include "formats/zarr/ome_zarr.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr const char* kVersion = "0.5";

const Json& ome_of(const Json& attributes) {
  return attributes.contains("ome") ? attributes.at("ome") : attributes;
}

// Without a unit, and for units that are no lengths, numbers count as millimetres.
double millimetres(const std::string& unit) {
  static const std::map<std::string, double> kUnits{
      {"angstrom", 1e-7}, {"picometer", 1e-9}, {"nanometer", 1e-6}, {"micrometer", 1e-3},
      {"millimeter", 1},  {"centimeter", 10},  {"decimeter", 100},  {"meter", 1000}};
  const auto found = kUnits.find(unit);
  return found == kUnits.end() ? 1 : found->second;
}

struct Axis {
  std::string name;
  double unit = 1;
};

std::vector<Axis> read_axes(const Json& multiscale) {
  std::vector<Axis> axes;
  if (!multiscale.contains("axes")) return axes;
  for (const Json& json : multiscale["axes"]) {
    if (json.is_string()) {
      axes.push_back({json.get<std::string>(), 1});
    } else {
      axes.push_back(
          {json.at("name").get<std::string>(), millimetres(json.value("unit", std::string()))});
    }
  }
  return axes;
}

// Scale and shift of each axis, those of `json` applied after what is there.
struct Place {
  std::vector<double> scale;
  std::vector<double> shift;

  void add(const Json& json) {
    if (!json.contains("coordinateTransformations")) return;
    for (const Json& step : json["coordinateTransformations"]) {
      const auto type = step.value("type", std::string());
      const bool scales = type == "scale" && step.contains("scale");
      const bool shifts = type == "translation" && step.contains("translation");
      if (!scales && !shifts) continue;
      const auto values = step.at(type).get<std::vector<double>>();
      scale.resize(std::max(scale.size(), values.size()), 1);
      shift.resize(scale.size(), 0);
      for (size_t axis = 0; axis < values.size(); ++axis) {
        if (scales) scale[axis] *= values[axis];
        shift[axis] = scales ? shift[axis] * values[axis] : shift[axis] + values[axis];
      }
    }
  }
};

VolumeGeometry geometry_of_place(const std::vector<Axis>& axes, const Place& place) {
  VolumeGeometry geometry;
  const std::string_view names = "zyx";
  for (size_t i = 0; i < axes.size() && i < place.scale.size(); ++i) {
    const size_t axis = axes[i].name.size() == 1 ? names.find(axes[i].name) : std::string::npos;
    if (axis == std::string_view::npos) continue;
    const double spacing = place.scale[i] * axes[i].unit;
    if (!std::isfinite(spacing) || spacing <= 0) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("a scale of {} along axis {}", place.scale[i], axes[i].name));
    }
    geometry.spacing_zyx[axis] = static_cast<float>(spacing);
    geometry.affine[(2 - axis) * 4 + 3] = static_cast<float>(place.shift[i] * axes[i].unit);
  }
  for (size_t axis = 0; axis < 3; ++axis)
    geometry.affine[(2 - axis) * 5] = geometry.spacing_zyx[axis];
  return geometry;
}

// The double with the fewest digits that is this float: 0.008, not 0.00800000037997961.
double shortest(float value) {
  return std::isfinite(value) ? std::stod(fmt::format("{}", value)) : 0;
}

Json axis_json(const char* name, bool space) {
  Json json{{"name", name}, {"type", space ? "space" : "channel"}};
  if (space) json["unit"] = "millimeter";
  return json;
}

}  // namespace

std::optional<OmeImage> parse_ome_image(std::string_view attributes) {
  std::optional<OmeImage> image;
  read_json(attributes, "attributes", [&](const Json& json) {
    if (!json.is_object()) return;
    const Json& ome = ome_of(json);
    if (!ome.is_object() || !ome.contains("multiscales")) return;
    const Json& multiscale = ome["multiscales"].at(0);
    const Json& first = multiscale.at("datasets").at(0);
    const std::vector<Axis> axes = read_axes(multiscale);
    Place place;
    place.add(first);
    place.add(multiscale);
    image.emplace();
    image->path = first.at("path").get<std::string>();
    for (const Axis& axis : axes)
      image->axes.push_back(axis.name);
    image->geometry = geometry_of_place(axes, place);
  });
  return image;
}

std::vector<std::string> parse_ome_labels(std::string_view attributes) {
  std::vector<std::string> names;
  read_json(attributes, "attributes", [&](const Json& json) {
    if (!json.is_object()) return;
    const Json& ome = ome_of(json);
    if (ome.is_object() && ome.contains("labels"))
      names = ome["labels"].get<std::vector<std::string>>();
  });
  return names;
}

std::string ome_image_attributes(const std::string& name, bool channels,
                                 const VolumeGeometry& geometry, bool is_label,
                                 const std::string& own_json) {
  Json axes = Json::array();
  Json scale = Json::array();
  Json shift = Json::array();
  if (channels) {
    axes.push_back(axis_json("c", false));
    scale.push_back(1.0);
    shift.push_back(0.0);
  }
  const char* const names[] = {"z", "y", "x"};
  for (size_t axis = 0; axis < 3; ++axis) {
    axes.push_back(axis_json(names[axis], true));
    scale.push_back(shortest(geometry.spacing_zyx[axis]));
    shift.push_back(shortest(geometry.affine[(2 - axis) * 4 + 3]));
  }
  const Json steps = Json::array({Json{{"type", "scale"}, {"scale", scale}},
                                  Json{{"type", "translation"}, {"translation", shift}}});
  const Json multiscale{
      {"name", name},
      {"axes", axes},
      {"datasets", Json::array({Json{{"path", "0"}, {"coordinateTransformations", steps}}})}};
  Json ome{{"version", kVersion}, {"multiscales", Json::array({multiscale})}};
  if (is_label) ome["image-label"] = Json{{"source", Json{{"image", "../../"}}}};
  Json attributes{{"ome", ome}};
  if (!own_json.empty()) attributes["stoker"] = Json::parse(own_json);
  return attributes.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string ome_labels_attributes(const std::vector<std::string>& names) {
  return Json{{"ome", Json{{"version", kVersion}, {"labels", names}}}}.dump();
}

}  // namespace stoker
