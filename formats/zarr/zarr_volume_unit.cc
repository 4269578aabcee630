// ZarrVolumeOutput of zarr_output.h.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "formats/image_file_names.h"
#include "formats/inline_sidecar.h"
#include "formats/staged_files.h"
#include "formats/volume_geometry_fields.h"
#include "formats/zarr/ome_zarr.h"
#include "formats/zarr/zarr_encode.h"
#include "formats/zarr/zarr_output.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr uint64_t kChunkVoxels = 128;  // along each axis
constexpr const char* kLabelName = "label";

const Field& main_volume(const Schema& schema) {
  const Field* first = nullptr;
  for (const Field& field : schema.fields) {
    if (!is_volume_field(field)) continue;
    if (field.name == kImageField) return field;
    if (first == nullptr || first->name == kLabelField) first = &field;
  }
  return *first;
}

bool is_mask(const Field& field) {
  return field.name == kLabelField && field.axes == "ZYX" && field.dtype != DType::kFloat16 &&
         field.dtype != DType::kFloat32;
}

ZarrWritten describe(const Field& field, const FieldValue& value) {
  ZarrWritten array;
  array.dtype = field.dtype;
  for (size_t axis = 0; axis < field.axes.size(); ++axis) {
    const char letter = field.axes[axis];
    array.shape.push_back(value.shape[axis]);
    array.chunk_shape.push_back(
        letter == 'C' ? 1 : std::clamp<uint64_t>(value.shape[axis], 1, kChunkVoxels));
    array.dimension_names.emplace_back(1, static_cast<char>(letter - 'A' + 'a'));
  }
  return array;
}

// Chunks one behind the other, each with its size (u64) in front: what encode hands to append.
void join_chunks(const std::vector<Bytes>& chunks, Bytes& joined) {
  joined.clear();
  for (const Bytes& chunk : chunks) {
    joined.resize(joined.size() + sizeof(uint64_t));
    store_le<uint64_t>(joined.data() + joined.size() - sizeof(uint64_t), chunk.size());
    joined.insert(joined.end(), chunk.begin(), chunk.end());
  }
}

class ZarrVolumeUnit : public UnitWriter {
 public:
  ZarrVolumeUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run,
                 const ZarrCompression& compression)
      : files_(output, unit.file),
        split_(safe_file_name(run.splits[unit.split])),
        schema_(run.manifest.schema),
        compression_(compression) {
    for (size_t f = 0; f < schema_.fields.size(); ++f)
      if (schema_.fields[f].storage == Storage::kInline) inline_.push_back(f);
  }

  void append(const Sample& sample) override {
    const std::string store = fmt::format("{}/{}.zarr", split_, safe_file_name(sample.name));
    const VolumeGeometry geometry = geometry_of(schema_, sample);
    const Field& main = main_volume(schema_);
    add(store + "/zarr.json",
        zarr_group_json(ome_image_attributes(sample.name, main.rank() == 4, geometry, false,
                                             encode_sidecar(schema_, inline_, sample))));
    for (size_t f = 0; f < schema_.fields.size(); ++f) {
      const Field& field = schema_.fields[f];
      if (field.storage == Storage::kInline) continue;
      const std::string place = zarr_place_of(schema_, field);
      if (is_mask(field) && &field != &main) {
        add(store + "/labels/zarr.json", zarr_group_json(ome_labels_attributes({kLabelName})));
        add(fmt::format("{}/labels/{}/zarr.json", store, kLabelName),
            zarr_group_json(ome_image_attributes(kLabelName, false, geometry, true, "")));
      }
      add_array(store + "/" + place, field, sample.values[f]);
    }
  }
  uint64_t size_bytes() const override { return files_.size_bytes(); }
  std::vector<UnitFileEntry> finish() override { return files_.finish(); }

 private:
  void add(const std::string& path, const std::string& text) { files_.add(path, as_bytes(text)); }

  void add_array(const std::string& place, const Field& field, const FieldValue& value) {
    const ZarrWritten array = describe(field, value);
    add(place + "/zarr.json", zarr_array_json(array, compression_));
    std::vector<uint64_t> at(array.shape.size(), 0);
    ByteSpan rest = value.bytes;
    while (!rest.empty()) {
      const auto size = load_le<uint64_t>(rest.data());
      rest = rest.subspan(sizeof(size));
      if (size > 0) files_.add(place + "/" + written_chunk_key(at), rest.first(size));
      rest = rest.subspan(size);
      for (size_t axis = at.size(); axis-- > 0;) {
        if (++at[axis] * array.chunk_shape[axis] < array.shape[axis]) break;
        at[axis] = 0;
      }
    }
  }

  StagedFiles files_;
  std::string split_;
  const Schema& schema_;
  ZarrCompression compression_;
  std::vector<size_t> inline_;
};

[[noreturn]] void refuse_field(const Field& field, const char* why) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--to zarr has no place for the field '{}': {}; --drop {} leaves it out",
                          field.name, why, field.name));
}

}  // namespace

std::string zarr_place_of(const Schema& schema, const Field& field) {
  const Field& main = main_volume(schema);
  if (field.name == main.name) return "0";
  return is_mask(field) ? fmt::format("labels/{}/0", kLabelName) : field.name;
}

std::string ZarrVolumeOutput::plan_heading() const {
  return fmt::format("zarr volumes 1 {}:{}", compression_.name, compression_.level);
}

std::string ZarrVolumeOutput::file_name(const std::string& split, uint32_t index,
                                        uint32_t count) const {
  return fmt::format("{}-{:05}-of-{:05}", split, index, count);
}

void ZarrVolumeOutput::refuse(const Schema& schema) const {
  std::set<std::string> places;
  for (const Field& field : schema.fields) {
    if (field.storage == Storage::kInline) continue;
    if (!is_volume_field(field)) {
      refuse_field(field, "beside volumes (axes ZYX or CZYX) there are numbers alone");
    }
    const std::string place = zarr_place_of(schema, field);
    const bool plain = place.find('/') == std::string::npos || place.starts_with("labels/");
    if (!plain || place.front() == '.' || place == "labels" || place == "zarr.json" ||
        !places.insert(place).second) {
      refuse_field(field, "its name cannot be that of an array beside the image");
    }
  }
}

void ZarrVolumeOutput::encode(const Schema& schema, Sample& sample) const {
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    if (schema.fields[f].storage != Storage::kBlob) continue;
    FieldValue& value = sample.values[f];
    const ZarrWritten array = describe(schema.fields[f], value);
    Bytes& joined = sample.next_buffer();
    join_chunks(encode_zarr_chunks(array, compression_, value.bytes), joined);
    value.bytes = joined;
    value.hash = 0;
    value.decoded = {};
  }
}

std::unique_ptr<UnitWriter> ZarrVolumeOutput::create(const PlannedShard& unit,
                                                     const OutputRun& run) const {
  return std::make_unique<ZarrVolumeUnit>(folder(), unit, run, compression_);
}

}  // namespace stoker
