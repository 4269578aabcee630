#include "formats/zarr/zarr_listing.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "formats/left_out_names.h"
#include "formats/npy/npy_source.h"
#include "formats/split_names.h"
#include "formats/volume_folder.h"
#include "formats/zarr/ome_zarr.h"
#include "formats/zarr/zarr_paths.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr int kDeepest = 6;

using Store = std::shared_ptr<const ZarrStore>;
using Array = std::shared_ptr<const ZarrArray>;

bool is_array_at(const ZarrStore& store, const std::string& path) {
  if (store.open(join_key(path, ".zarray"))) return true;
  const auto text = store.read_text(join_key(path, "zarr.json"));
  if (!text) return false;
  bool array = false;
  try {
    read_json(*text, "zarr.json",
              [&](const Json& json) { array = json.at("node_type") != "group"; });
  } catch (const Error& error) {
    throw error.at(store.place_of(join_key(path, "zarr.json")));
  }
  return array;
}

std::string attributes_at(const ZarrStore& store, const std::string& path) {
  if (auto text = store.read_text(join_key(path, ".zattrs"))) return *text;
  const auto text = store.read_text(join_key(path, "zarr.json"));
  std::string attributes = "{}";
  if (!text) return attributes;
  read_json(*text, "zarr.json", [&](const Json& json) {
    if (json.contains("attributes")) attributes = json["attributes"].dump();
  });
  return attributes;
}

bool is_volume(const ZarrArray& array) {
  return array.info().shape.size() == 3 || !named_axes(array).empty();
}

bool same_place(const StridedArray& a, const StridedArray& b) {
  return a.shape[0] == b.shape[0] &&
         std::equal(a.shape.begin() + 2, a.shape.end(), b.shape.begin() + 2);
}

class Lister {
 public:
  explicit Lister(const SourceRequest& request) : request_(request) {}

  ZarrListing run() {
    for (const fs::path& input : request_.inputs) {
      const std::string named = split_named(zarr_stem(own_name(input)));
      const std::string split = request_.split.empty() ? named : request_.split;
      take_path(input, split.empty() ? "train" : split, "", 0, request_.inputs.size() > 1);
    }
    for (const auto& [field, source] : request_.fields) {
      if (listing_.volumes.empty() || used_.contains(field)) continue;
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("--field {}={}: no volume has that; of volumes it says which array of "
                      "a group is the image, and which array or labels the label",
                      field, source),
          request_.inputs.front().string());
    }
    return std::move(listing_);
  }

 private:
  // Splits are named by folders and by groups of several stores.
  void take_path(const fs::path& path, std::string split, const std::string& prefix, int depth,
                 bool among_others) {
    if (is_zarr_store(path)) {
      const std::string stem = zarr_stem(own_name(path));
      const std::string named = among_others ? split_named(stem) : "";
      const size_t stacks = listing_.stacks.size();
      const Store store = open_zarr_store(path);
      take_node(store, "", prefix + stem, split, 0);
      for (size_t i = stacks; i < listing_.stacks.size() && !named.empty(); ++i)
        if (request_.split.empty()) listing_.stacks[i].split = named;
      return;
    }
    if (depth > kDeepest || !fs::is_directory(path)) return;
    if (take_pairs(path, split, prefix)) return;
    for (const fs::path& below : entries_of(path)) {
      const std::string name = own_name(below);
      const std::string named = is_zarr_store(below) ? "" : split_named(name);
      if (!named.empty() && request_.split.empty()) {
        take_path(below, named, prefix, depth + 1, true);
      } else {
        const bool folder = !is_zarr_store(below);
        take_path(below, split, folder ? prefix + name + "/" : prefix, depth + 1, true);
      }
    }
  }

  static std::vector<fs::path> entries_of(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const fs::path& below : list_folders(folder))
      if (!is_left_lying_about(own_name(below)) && own_name(below).front() != '.')
        paths.push_back(below);
    for (const fs::path& file : list_files(folder))
      if (file.extension() == ".zip" && is_zarr_store(file)) paths.push_back(file);
    return paths;
  }

  // images/A.zarr and labels/A.zarr.
  bool take_pairs(const fs::path& folder, const std::string& split, const std::string& prefix) {
    const fs::path images = find_folder(folder, {"images", "imagesTr", "image"});
    const fs::path labels = find_folder(folder, {"labels", "labelsTr", "masks", "label"});
    if (images.empty() || labels.empty()) return false;
    const size_t first = listing_.volumes.size();
    take_path(images, split, prefix, 1, true);
    if (!request_.labels) return true;
    ZarrListing kept = std::move(listing_);
    listing_ = {};
    take_path(labels, split, prefix, 1, true);
    ZarrListing masks = std::exchange(listing_, std::move(kept));
    for (size_t i = first; i < listing_.volumes.size(); ++i) {
      ZarrVolume& volume = listing_.volumes[i];
      const auto mask = std::find_if(masks.volumes.begin(), masks.volumes.end(),
                                     [&](const ZarrVolume& m) { return m.name == volume.name; });
      if (mask != masks.volumes.end()) volume.label = std::move(mask->image);
    }
    return true;
  }

  void note(const std::string& name, const std::string& reason, const ZarrStore& store) {
    listing_.notes.push_back({name, reason, store.path().filename().string(), 0});
  }

  void take_node(const Store& store, const std::string& path, const std::string& name,
                 const std::string& split, int depth) {
    if (depth > kDeepest) return;
    if (is_array_at(*store, path)) {
      const auto array = std::make_shared<const ZarrArray>(store, path);
      if (is_volume(*array)) {
        add_volume(name, split, as_volume(array, named_axes(*array)));
      } else {
        add_stack(store, {{path, array}}, name, split);
      }
      return;
    }
    std::optional<OmeImage> image;
    try {
      image = parse_ome_image(attributes_at(*store, path));
    } catch (const Error& error) {
      throw error.at(store->place_of(path));
    }
    if (image) {
      take_ome(store, path, *image, name, split);
    } else {
      take_group(store, path, name, split, depth);
    }
  }

  Array open(const Store& store, const std::string& path) {
    return std::make_shared<const ZarrArray>(store, path);
  }

  void take_ome(const Store& store, const std::string& path, const OmeImage& image,
                const std::string& name, const std::string& split) {
    const Array array = open(store, join_key(path, image.path));
    std::vector<std::string> axes = image.axes;
    if (axes.empty() && array->info().shape.size() == 5) axes = {"t", "c", "z", "y", "x"};
    add_volume(name, split, as_volume(array, axes));
    ZarrVolume& volume = listing_.volumes.back();
    volume.geometry = image.geometry;
    if (request_.labels) volume.label = find_ome_label(store, path, volume);
  }

  std::optional<ZarrVolumeArray> find_ome_label(const Store& store, const std::string& path,
                                                const ZarrVolume& volume) {
    const std::string group = join_key(path, "labels");
    if (zarr_format_at(*store, group) == 0) return std::nullopt;
    std::vector<std::string> names = parse_ome_labels(attributes_at(*store, group));
    const auto wanted = request_.fields.find("label");
    if (wanted != request_.fields.end()) {
      std::erase_if(names, [&](const std::string& one) { return one != wanted->second; });
    }
    std::optional<ZarrVolumeArray> found;
    std::string found_name;
    for (const std::string& one : names) {
      const std::string place = join_key(group, one);
      const auto image = parse_ome_image(attributes_at(*store, place));
      if (!image) continue;
      ZarrVolumeArray label = as_volume(open(store, join_key(place, image->path)), image->axes);
      if (label.array.shape[1] != 1 || !same_place(label.array, volume.image.array)) {
        note(volume.name, fmt::format("labels/{} is left out: of another size", one), *store);
        continue;
      }
      if (found) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("labels '{}' and '{}' are of the image's size: say which with "
                                "--field label={}",
                                found_name, one, found_name),
                    store->place_of(group));
      }
      found = std::move(label);
      found_name = one;
    }
    if (found && wanted != request_.fields.end()) used_.insert(kLabelField);
    return found;
  }

  void take_group(const Store& store, const std::string& path, const std::string& name,
                  const std::string& split, int depth) {
    std::vector<std::pair<std::string, Array>> arrays;
    std::vector<std::string> groups;
    std::vector<SampleNote> unread;
    for (const std::string& below : store->folders(path)) {
      const std::string key = join_key(path, below);
      if (zarr_format_at(*store, key) == 0) continue;
      if (!is_array_at(*store, key)) {
        groups.push_back(below);
        continue;
      }
      try {
        arrays.emplace_back(below, open(store, key));
      } catch (const Error& error) {
        if (error.code() != ErrorCode::kUnsupported) throw;
        unread.push_back({below, error.message(), error.path(), 0});
      }
    }
    check_unread(unread, arrays);
    for (const SampleNote& one : unread)
      note(one.name, "left out: " + one.reason, *store);
    if (!arrays.empty()) take_arrays(store, arrays, name, split);
    for (const std::string& group : groups) {
      const std::string named = request_.split.empty() ? split_named(group) : "";
      take_node(store, join_key(path, group), named.empty() ? name + "/" + group : name,
                named.empty() ? split : named, depth + 1);
    }
  }

  // A set without its images or labels is none that anybody meant.
  static void check_unread(const std::vector<SampleNote>& unread,
                           const std::vector<std::pair<std::string, Array>>& arrays) {
    for (const SampleNote& one : unread) {
      const std::string field = usual_field_name(one.name);
      const bool matters = field == kImageField || field == kLabelField;
      if (matters || arrays.empty()) {
        throw Error(ErrorCode::kUnsupported, one.name + ": " + one.reason, one.file);
      }
    }
  }

  void take_arrays(const Store& store, const std::vector<std::pair<std::string, Array>>& arrays,
                   const std::string& name, const std::string& split) {
    const auto first = std::find_if(arrays.begin(), arrays.end(),
                                    [](const auto& one) { return one.first == "0"; });
    const bool levels = std::all_of(arrays.begin(), arrays.end(), [](const auto& one) {
      return one.first.find_first_not_of("0123456789") == std::string::npos;
    });
    if (levels && first != arrays.end() && first->second->info().shape.size() >= 3) {
      add_volume(name, split, as_volume(first->second, named_axes(*first->second)));
      return;
    }
    const bool volumes = std::all_of(arrays.begin(), arrays.end(),
                                     [](const auto& one) { return is_volume(*one.second); });
    if (!volumes) {
      add_stack(store, arrays, name, split);
      return;
    }
    if (take_pair(arrays, name, split)) return;
    for (const auto& [below, array] : arrays) {
      const std::string own = arrays.size() == 1 ? name : name + "/" + below;
      add_volume(own, split, as_volume(array, named_axes(*array)));
    }
  }

  // Of the volumes of a group: image and label, by --field or by their names. False where each is a
  // volume of its own.
  bool take_pair(const std::vector<std::pair<std::string, Array>>& arrays, const std::string& name,
                 const std::string& split) {
    const Array image = find_array(arrays, kImageField);
    const Array label = find_array(arrays, kLabelField);
    if (!image || (!label && !request_.fields.contains(kImageField))) return false;
    add_volume(name, split, as_volume(image, named_axes(*image)));
    if (label && request_.labels) {
      listing_.volumes.back().label = as_volume(label, named_axes(*label));
    }
    for (const auto& [below, array] : arrays)
      if (array != image && array != label) note(below, "left out", array->store());
    return true;
  }

  Array find_array(const std::vector<std::pair<std::string, Array>>& arrays,
                   const std::string& field) {
    const auto wanted = request_.fields.find(field);
    for (const auto& [below, array] : arrays) {
      const bool asked = wanted != request_.fields.end();
      if (asked ? below != wanted->second : usual_field_name(below) != field) continue;
      if (asked) used_.insert(field);
      return array;
    }
    return nullptr;
  }

  void add_volume(const std::string& name, const std::string& split, ZarrVolumeArray image) {
    listing_.volumes.push_back({name, split, std::move(image), std::nullopt, std::nullopt});
  }

  void add_stack(const Store& store, const std::vector<std::pair<std::string, Array>>& arrays,
                 const std::string& name, const std::string& split) {
    const size_t first = listing_.stacks.size();
    for (const auto& [key, array] : arrays) {
      const std::string own = key.empty() ? name : key;
      ArrayName parsed = parse_array_name(own);
      if (parsed.split.empty() || !request_.split.empty()) parsed.split = split;
      auto stack = std::find_if(listing_.stacks.begin() + static_cast<ptrdiff_t>(first),
                                listing_.stacks.end(),
                                [&](const NamedStack& s) { return s.split == parsed.split; });
      if (stack == listing_.stacks.end()) {
        const bool twin = std::any_of(listing_.stacks.begin(), listing_.stacks.end(),
                                      [&](const NamedStack& s) { return s.split == parsed.split; });
        listing_.stacks.push_back({parsed.split, twin ? name + "/" : "", {}, {}});
        stack = listing_.stacks.end() - 1;
      }
      try {
        StridedArray strided = as_strided(array);
        ZarrObjects objects = store->objects(array->path());
        strided.key = objects.key;
        // The chunks' files are too many to be looked at for every sample: their folder is.
        const bool zip = !fs::is_directory(store->path());
        stack->files.push_back(zip ? store->path() : store->path() / array->path());
        stack->arrays.push_back({own, parsed.field, std::move(strided)});
      } catch (const Error& error) {
        const std::string field = usual_field_name(parsed.field);
        const bool matters = field == kImageField || field == kLabelField;
        if (error.code() != ErrorCode::kUnsupported || matters) throw;
        note(own, "left out: " + error.message(), *store);
      }
    }
    std::erase_if(listing_.stacks, [](const NamedStack& stack) { return stack.arrays.empty(); });
  }

  const SourceRequest& request_;
  ZarrListing listing_;
  std::set<std::string> used_;  // fields of --field that were found
};

}  // namespace

ZarrListing list_zarr(const SourceRequest& request) {
  return Lister(request).run();
}

}  // namespace stoker
