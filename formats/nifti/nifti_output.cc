#include "formats/nifti/nifti_output.h"

#include <fmt/format.h>

#include <set>

#include "formats/image_file_names.h"
#include "formats/inline_sidecar.h"
#include "formats/nifti/nifti_encode.h"
#include "formats/staged_files.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

class NiftiUnit : public UnitWriter {
 public:
  NiftiUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run,
            const char* ending)
      : files_(output, unit.file),
        split_(safe_file_name(run.splits[unit.split])),
        schema_(run.manifest.schema),
        ending_(ending) {
    for (size_t f = 0; f < schema_.fields.size(); ++f) {
      const Field& field = schema_.fields[f];
      if (field.storage == Storage::kBlob) {
        volumes_.push_back(f);
      } else if (!is_spacing_field(field) && !is_affine_field(field)) {
        in_sidecar_.push_back(f);
      }
    }
  }

  void append(const Sample& sample) override {
    const std::string name = safe_file_name(sample.name);
    for (const size_t f : volumes_) {
      files_.add(fmt::format("{}/{}/{}.{}", split_, folder_of_field(schema_.fields[f].name), name,
                             ending_),
                 sample.values[f].bytes);
    }
    if (in_sidecar_.empty()) return;
    files_.add(fmt::format("{}/{}/{}.json", split_,
                           folder_of_field(schema_.fields[volumes_.front()].name), name),
               as_bytes(encode_sidecar(schema_, in_sidecar_, sample)));
  }
  uint64_t size_bytes() const override { return files_.size_bytes(); }
  std::vector<UnitFileEntry> finish() override { return files_.finish(); }

 private:
  StagedFiles files_;
  std::string split_;
  const Schema& schema_;
  const char* ending_;
  std::vector<size_t> volumes_;
  std::vector<size_t> in_sidecar_;
};

[[noreturn]] void refuse_field(const Field& field, const char* why) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--to nifti has no place for the field '{}': {}; --drop {} leaves it out",
                          field.name, why, field.name));
}

}  // namespace

std::string folder_of_field(const std::string& field) {
  if (field == kImageField) return "images";
  if (field == kLabelField) return "labels";
  return field;
}

std::string NiftiOutput::plan_heading() const {
  return fmt::format("nifti 1 gzip {}", choice_.level);
}

std::string NiftiOutput::file_name(const std::string& split, uint32_t index, uint32_t count) const {
  return fmt::format("{}-{:05}-of-{:05}", split, index, count);
}

void NiftiOutput::refuse(const Schema& schema) const {
  std::set<std::string> folders;
  for (const Field& field : schema.fields) {
    if (field.storage == Storage::kInline) continue;
    if (!fits_nifti(field)) {
      refuse_field(field, "a NIfTI file holds a volume (axes ZYX or CZYX)");
    }
    const std::string name = folder_of_field(field.name);
    if (name.find('/') != std::string::npos || name.front() == '.' ||
        !folders.insert(name).second) {
      refuse_field(field, "its name cannot be that of a folder of its own");
    }
  }
  if (folders.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--to nifti writes volumes (axes ZYX or CZYX), and the source has none");
  }
}

void NiftiOutput::encode(const Schema& schema, Sample& sample) const {
  const VolumeGeometry geometry = geometry_of(schema, sample);
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    if (schema.fields[f].storage != Storage::kBlob) continue;
    FieldValue& value = sample.values[f];
    value.bytes = encode_nifti(schema.fields[f], value, geometry, choice_, sample);
    value.hash = 0;
    value.decoded = {};
  }
}

std::unique_ptr<UnitWriter> NiftiOutput::create(const PlannedShard& unit,
                                                const OutputRun& run) const {
  return std::make_unique<NiftiUnit>(folder(), unit, run, nifti_ending(choice_));
}

}  // namespace stoker
