#include "formats/zarr/zarr_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "formats/inline_sidecar.h"
#include "formats/nifti/nifti_voxels.h"
#include "formats/npy/npy_folder.h"
#include "formats/npy/npy_source.h"
#include "formats/source_entries.h"
#include "formats/stacked/stacked_reader.h"
#include "formats/unit_folder.h"
#include "formats/zarr/zarr_listing.h"
#include "formats/zarr/zarr_output.h"
#include "formats/zarr/zarr_paths.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"
#include "libdata/shard/manifest.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// One row, of memory.
StridedArray one_row(const Field& field, Bytes bytes) {
  StridedArray array;
  array.type = element_type_of(field.dtype);
  array.shape = {1};
  for (const int64_t extent : field.shape)
    array.shape.push_back(static_cast<uint64_t>(extent));
  array.strides_bytes = packed_strides(array.shape, array.type, false);
  array.bytes = std::make_shared<MemoryBytes>(std::move(bytes));
  return array;
}

template <size_t kCount>
StridedArray rows_of(const Field& field, const std::array<float, kCount>& values, uint64_t count) {
  const auto* const bytes = reinterpret_cast<const uint8_t*>(values.data());
  StridedArray array = one_row(field, Bytes(bytes, bytes + sizeof(values)));
  array.shape[0] = count;
  array.strides_bytes[0] = 0;
  return array;
}

StridedArray without_channels(StridedArray array) {
  return with_row_axes(std::move(array), {1, 2, 3});
}

Field volume_field(const char* name, DType dtype, bool channels) {
  Field field;
  field.name = name;
  field.dtype = dtype;
  field.axes = channels ? "CZYX" : "ZYX";
  field.normalization = "none";
  return field;
}

DType natural_dtype(const StridedArray& array) {
  if (const auto dtype = field_dtype(array.type)) return *dtype;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} has no place in a data set: save it as int64 or narrower",
                          element_type_name(array.type)),
              array.path);
}

// What the volumes have in common.
Schema schema_of(const std::vector<ZarrVolume>& volumes, SourceFacts& facts) {
  DType dtype = natural_dtype(volumes.front().image.array);
  bool channels = false;
  bool labels = false;
  bool geometry = false;
  bool rounded = false;
  for (const ZarrVolume& volume : volumes) {
    dtype = common_dtype(dtype, natural_dtype(volume.image.array));
    channels = channels || volume.image.array.shape[1] > 1;
    labels = labels || volume.label;
    geometry = geometry || volume.geometry;
    const ElementType& type = volume.image.array.type;
    rounded = rounded || (type.kind == ElementKind::kFloat && type.size_bytes == 8);
  }
  if (rounded) facts.notes.push_back({kImageField, "float64 is rounded to float32", "", 0});
  Schema schema;
  schema.fields = {volume_field(kImageField, dtype, channels)};
  if (labels) {
    schema.fields.push_back(volume_field(kLabelField, DType::kUInt8, false));
    schema.fields.back().unit = "class index";
    schema.fields.back().normalization.clear();
  }
  if (geometry) {
    schema.fields.push_back(spacing_field());
    schema.fields.push_back(affine_field());
  }
  return schema;
}

void check_label(const ZarrVolume& volume) {
  if (!volume.label) {
    throw Error(ErrorCode::kCorrupt,
                "expected labels beside this volume, as others have them, found none (--on-error "
                "skip leaves such volumes out)",
                volume.image.array.path);
  }
  const StridedArray& label = volume.label->array;
  const StridedArray& image = volume.image.array;
  const bool fits = label.shape[0] == image.shape[0] && label.shape[1] == 1 &&
                    std::equal(label.shape.begin() + 2, label.shape.end(), image.shape.begin() + 2);
  if (fits && is_integer(label.type)) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("labels of {} of ({}) (t, c, z, y, x) for an image of ({}): expected "
                          "integers, one a voxel",
                          element_type_name(label.type), fmt::join(label.shape, ", "),
                          fmt::join(image.shape, ", ")),
              label.path);
}

SampleStack stack_of(const Schema& schema, ZarrVolume& volume) {
  SampleStack stack;
  stack.split = volume.split;
  stack.files = volume.image.files;
  if (schema.find(kLabelField)) check_label(volume);
  const uint64_t count = volume.image.array.count();
  for (uint64_t t = 0; t < count; ++t)
    stack.names.push_back(count == 1 ? volume.name : fmt::format("{}_t{:03}", volume.name, t));
  for (const Field& field : schema.fields) {
    if (field.name == kImageField) {
      stack.arrays.push_back(field.rank() == 4 ? volume.image.array
                                               : without_channels(volume.image.array));
    } else if (field.name == kLabelField) {
      stack.arrays.push_back(without_channels(volume.label->array));
      stack.files.insert(stack.files.end(), volume.label->files.begin(), volume.label->files.end());
    } else {
      const VolumeGeometry geometry = volume.geometry.value_or(VolumeGeometry{});
      stack.arrays.push_back(is_spacing_field(field) ? rows_of(field, geometry.spacing_zyx, count)
                                                     : rows_of(field, geometry.affine, count));
    }
  }
  return stack;
}

std::unique_ptr<SourceReader> read_volumes(std::vector<ZarrVolume> volumes,
                                           const SourceRequest& request,
                                           std::vector<SampleNote> notes) {
  SourceFacts facts;
  facts.sources = describe_sources(request.inputs);
  facts.notes = std::move(notes);
  Schema schema = schema_of(volumes, facts);
  std::vector<SampleStack> stacks;
  for (ZarrVolume& volume : volumes) {
    try {
      stacks.push_back(stack_of(schema, volume));
    } catch (const Error& error) {
      if (!request.skip_damaged) throw;
      facts.notes.push_back({volume.name, error.message(), error.path(), 0});
    }
  }
  return std::make_unique<StackedReader>(std::move(schema), std::move(stacks), std::move(facts));
}

// What --to zarr wrote of volumes: a store each, below their split.
class OwnVolumes {
 public:
  OwnVolumes(const fs::path& folder, Manifest manifest, const SourceRequest& request)
      : folder_(folder), manifest_(std::move(manifest)), schema_(manifest_.schema) {
    if (!request.labels) {
      std::erase_if(schema_.fields, [](const Field& field) {
        return field.name == kLabelField && field.storage == Storage::kBlob;
      });
    }
  }

  std::unique_ptr<SourceReader> open() {
    for (const SplitEntry& split : manifest_.splits)
      take_folder(folder_ / split.name, split.name, "");
    SourceFacts facts;
    facts.class_names = manifest_.class_names;
    facts.sources = describe_sources({folder_});
    return std::make_unique<StackedReader>(schema_, std::move(stacks_), std::move(facts));
  }

 private:
  void take_folder(const fs::path& folder, const std::string& split, const std::string& prefix) {
    for (const fs::path& below : list_folders(folder)) {
      const std::string name = own_name(below);
      if (is_zarr_store(below)) {
        take_store(below, split, prefix + name.substr(0, name.rfind('.')));
      } else {
        take_folder(below, split, prefix + name + "/");
      }
    }
  }

  void take_store(const fs::path& path, const std::string& split, const std::string& name) {
    const auto store = open_zarr_store(path);
    SampleStack stack{split, "", {name}, {}, {}};
    std::vector<size_t> in_attributes;
    for (size_t f = 0; f < schema_.fields.size(); ++f)
      if (schema_.fields[f].storage == Storage::kInline) in_attributes.push_back(f);
    std::vector<Bytes> values;
    try {
      std::string own;
      read_json(store->read_text("zarr.json").value_or(""), "zarr.json", [&](const Json& json) {
        own = json.at("attributes").value("stoker", Json::object()).dump();
      });
      values = decode_sidecar(schema_, in_attributes, own);
    } catch (const Error& error) {
      throw error.at((path / "zarr.json").string());
    }
    size_t next = 0;
    for (const Field& field : schema_.fields) {
      if (field.storage == Storage::kInline) {
        stack.arrays.push_back(one_row(field, std::move(values[next++])));
        continue;
      }
      const std::string key = zarr_place_of(manifest_.schema, field);
      const auto array = std::make_shared<const ZarrArray>(store, key);
      ZarrVolumeArray volume = as_volume(array, {});
      stack.files.insert(stack.files.end(), volume.files.begin(), volume.files.end());
      stack.arrays.push_back(field.rank() == 4 ? volume.array : without_channels(volume.array));
    }
    stacks_.push_back(std::move(stack));
  }

  fs::path folder_;
  Manifest manifest_;
  Schema schema_;
  std::vector<SampleStack> stacks_;
};

// ... and of samples in arrays: SPLIT.zarr/FIELD.
std::unique_ptr<SourceReader> open_own_stacks(const fs::path& folder, const Manifest& manifest) {
  StackAssembly assembly;
  assembly.schema = manifest.schema;
  for (const SplitEntry& split : manifest.splits) {
    const auto store = open_zarr_store(folder / (split.name + ".zarr"));
    SampleStack stack;
    stack.split = split.name;
    stack.files = {store->path() / "zarr.json"};
    for (const Field& field : manifest.schema.fields) {
      StridedArray array = as_strided(std::make_shared<const ZarrArray>(store, field.name));
      array.key = store->objects(field.name).key;
      stack.arrays.push_back(as_written(field, std::move(array)));
    }
    stack.names = read_name_lines(folder / (split.name + kNamesEnding));
    assembly.stacks.push_back(std::move(stack));
  }
  if (assembly.stacks.empty()) throw Error(ErrorCode::kCorrupt, "holds no split", folder.string());
  return read_stacks(std::move(assembly), manifest.class_names, {folder}, {});
}

}  // namespace

std::unique_ptr<SourceReader> open_zarr_source(const SourceRequest& request) {
  const fs::path& first = request.inputs.front();
  const bool own = request.inputs.size() == 1 && fs::exists(first / kForeignManifestName);
  if (own && !request.fields.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--field: what stoker wrote has names already; --drop leaves some out",
                first.string());
  }
  if (own) {
    Manifest manifest = read_manifest(first / kForeignManifestName);
    if (!has_volumes(manifest.schema)) return open_own_stacks(first, manifest);
    return OwnVolumes(first, std::move(manifest), request).open();
  }
  ZarrListing listing = list_zarr(request);
  if (!listing.volumes.empty() && !listing.stacks.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("holds volumes ('{}') and arrays with one row a sample ('{}'): give "
                    "one of them as --input",
                    listing.volumes.front().name, listing.stacks.front().arrays.front().key),
        first.string());
  }
  if (!listing.volumes.empty()) {
    return read_volumes(std::move(listing.volumes), request, std::move(listing.notes));
  }
  if (listing.stacks.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected Zarr arrays, found none", first.string());
  }
  return read_stacks(assemble_stacks(std::move(listing.stacks), request.fields), {}, request.inputs,
                     std::move(listing.notes));
}

}  // namespace stoker
