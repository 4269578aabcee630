#include "formats/nnunet/nnunet_output.h"

#include <fmt/format.h>

#include "formats/flat_file_names.h"
#include "formats/inline_sidecar.h"
#include "formats/nifti/nifti_encode.h"
#include "formats/nnunet/nnunet_dataset.h"
#include "formats/nnunet/nnunet_tables.h"
#include "formats/staged_files.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Several files in one value, on their way from encode() to a writer: their number, their sizes as
// u64, then the files.
ByteSpan join_files(const std::vector<ByteSpan>& files, Sample& sample) {
  Bytes& all = sample.next_buffer();
  all.resize((files.size() + 1) * sizeof(uint64_t));
  store_le<uint64_t>(all.data(), files.size());
  for (size_t i = 0; i < files.size(); ++i) {
    store_le<uint64_t>(&all[(i + 1) * sizeof(uint64_t)], files[i].size());
    all.insert(all.end(), files[i].begin(), files[i].end());
  }
  return all;
}

std::vector<ByteSpan> part_files(ByteSpan all) {
  std::vector<ByteSpan> files(load_le<uint64_t>(all.data()));
  size_t at = (files.size() + 1) * sizeof(uint64_t);
  for (size_t i = 0; i < files.size(); ++i) {
    files[i] = all.subspan(at, load_le<uint64_t>(&all[(i + 1) * sizeof(uint64_t)]));
    at += files[i].size();
  }
  return files;
}

// A class of the whole volume, which is inline, is no label to nnU-Net.
std::optional<size_t> find_volume_label(const Schema& schema) {
  const auto label = schema.find(kLabelField);
  return label && schema.fields[*label].storage == Storage::kBlob ? label : std::nullopt;
}

class NnunetUnit : public UnitWriter {
 public:
  NnunetUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run,
             const char* ending)
      : files_(output, unit.file),
        schema_(run.manifest.schema),
        image_(schema_.require(kImageField)),
        label_(find_volume_label(schema_)),
        place_(nnunet_place(run.splits[unit.split], label_.has_value())),
        ending_(ending) {
    for (size_t f = 0; f < schema_.fields.size(); ++f) {
      const Field& field = schema_.fields[f];
      const bool geometry = is_spacing_field(field) || is_affine_field(field);
      if (field.storage == Storage::kInline && !geometry) in_sidecar_.push_back(f);
    }
  }

  void append(const Sample& sample) override {
    const std::string name = flat_file_name(sample.name);
    const std::vector<ByteSpan> channels = part_files(sample.values[image_].bytes);
    for (size_t c = 0; c < channels.size(); ++c) {
      files_.add(fmt::format("images{}/{}_{:04}.{}", place_, name, c, ending_), channels[c]);
    }
    if (label_) {
      files_.add(fmt::format("labels{}/{}.{}", place_, name, ending_),
                 sample.values[*label_].bytes);
    }
    if (in_sidecar_.empty()) return;
    files_.add(fmt::format("images{}/{}.json", place_, name),
               as_bytes(encode_sidecar(schema_, in_sidecar_, sample)));
  }
  uint64_t size_bytes() const override { return files_.size_bytes(); }
  std::vector<UnitFileEntry> finish() override { return files_.finish(); }

 private:
  StagedFiles files_;
  const Schema& schema_;
  size_t image_;
  std::optional<size_t> label_;
  const char* place_;
  const char* ending_;
  std::vector<size_t> in_sidecar_;
};

}  // namespace

std::string NnunetOutput::plan_heading() const {
  return fmt::format("nnunet 1 gzip {}", choice_.level);
}

std::string NnunetOutput::file_name(const std::string& split, uint32_t index,
                                    uint32_t count) const {
  if (split != "train" && split != "val" && split != "test") {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to nnunet knows train, val and test, the source has a split '{}'; "
                            "--split converts one alone",
                            split));
  }
  return fmt::format("{}-{:05}-of-{:05}", split, index, count);
}

void NnunetOutput::refuse(const Schema& schema) const {
  schema.require(kImageField);
  for (const Field& field : schema.fields) {
    if (field.storage == Storage::kInline && field.name != kImageField) continue;
    const bool image = field.name == kImageField && fits_nifti(field);
    const bool label = field.name == kLabelField && field.axes == "ZYX" &&
                       field.storage == Storage::kBlob && field.dtype == DType::kUInt8;
    if (image || label) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to nnunet has no place for the field '{}': a case is an image (axes "
                            "ZYX or CZYX) and a label (uint8, ZYX); --drop {} leaves it out",
                            field.name, field.name));
  }
}

void NnunetOutput::encode(const Schema& schema, Sample& sample) const {
  const VolumeGeometry geometry = geometry_of(schema, sample);
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    const Field& field = schema.fields[f];
    if (field.storage != Storage::kBlob) continue;
    FieldValue& value = sample.values[f];
    if (field.name == kLabelField) {
      value.bytes = encode_nifti(field, value, geometry, choice_, sample);
    } else {
      std::vector<ByteSpan> files;
      const uint32_t channels = field.rank() == 4 ? value.shape[0] : 1;
      for (uint32_t c = 0; c < channels; ++c)
        files.push_back(encode_nifti_channel(field, value, c, geometry, choice_, sample));
      value.bytes = join_files(files, sample);
    }
    value.hash = 0;
    value.decoded = {};
  }
}

std::unique_ptr<UnitWriter> NnunetOutput::create(const PlannedShard& unit,
                                                 const OutputRun& run) const {
  check_ignored_label(run.manifest);
  return std::make_unique<NnunetUnit>(folder(), unit, run, nifti_ending(choice_));
}

void NnunetOutput::write_side_files(const Manifest& manifest) const {
  write_nnunet_tables(folder(), manifest, std::string(".") + nifti_ending(choice_));
}

std::vector<std::string> NnunetOutput::side_files() const {
  return {kNnunetTableName, kNnunetSplitsName};
}

}  // namespace stoker
