#include "trainer/predict/predict_source.h"

#include <algorithm>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/volume/volume_fields.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

bool is_packed(const fs::path& input) {
  return input.filename() == kManifestName || fs::exists(input / kManifestName);
}

const PackedSplit& choose_split(const PackedDataset& dataset, const std::string& name) {
  if (!name.empty()) return dataset.split(name);
  const PackedSplit* val = dataset.find_split("val");
  return val != nullptr && val->sample_count() > 0 ? *val : dataset.split("");
}

// Links followed; also of a path that is not there yet.
fs::path settled(const fs::path& path) {
  return (fs::weakly_canonical(fs::absolute(path)) / "").parent_path();
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const auto [end, rest] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return end == folder.end();
}

}  // namespace

PredictSource::PredictSource(const fs::path& input, const std::string& split) : input_(input) {
  if (is_packed(input)) {
    dataset_ = std::make_unique<PackedDataset>(input);
    input_ = dataset_->folder();
    split_ = &choose_split(*dataset_, split);
    for (uint64_t i = 0; i < split_->sample_count(); ++i)
      names_.emplace_back(split_->sample_name(i));
  } else {
    if (!split.empty()) {
      throw Error(ErrorCode::kInvalidArgument, "--split is of a packed data set: this is none",
                  input.string());
    }
    tiffs_ = list_tiff_input(input);
    for (const TiffInputVolume& tiff : tiffs_)
      names_.push_back(tiff.name);
  }
  if (names_.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected volumes, found none in split '" + split_name() + "'",
                input.string());
  }
}

PatchInput PredictSource::fit_input(PatchInput trained) const {
  if (!dataset_) {
    return trained == PatchInput::kStoredFeatures ? PatchInput::kComputedFeatures : trained;
  }
  const Schema& schema = dataset_->schema();
  if (trained == PatchInput::kImage) return choose_input("image", schema);
  return choose_input("auto", schema);
}

SourceVolume PredictSource::read(uint64_t volume, PatchInput kind, bool standardize,
                                 bool check_hashes) const {
  if (!dataset_) {
    try {
      return {make_volume_input(read_tiff_input(tiffs_[volume]), kind, standardize), {}};
    } catch (const Error& error) {
      throw error.at(tiffs_[volume].path.string());
    }
  }
  const Schema& schema = dataset_->schema();
  SourceVolume read{read_volume_input(*split_, schema, volume, kind, standardize, check_hashes),
                    {}};
  if (!schema.find(kLabelField)) return read;
  read.labels = read_labels(*split_, schema, volume, check_hashes);
  const Zyx& size = read.input.size_zyx;
  if (static_cast<int64_t>(read.labels.size()) != size[0] * size[1] * size[2]) {
    throw Error(ErrorCode::kCorrupt, "label and image of this volume have different sizes",
                split_->describe(volume, schema.require(kLabelField)));
  }
  return read;
}

std::string PredictSource::hash(uint64_t volume, PatchInput kind) const {
  if (!dataset_) return to_hex(hash_tiff_input(tiffs_[volume]));
  const Schema& schema = dataset_->schema();
  std::string text;
  for (const char* name : {kImageField, kFeaturesField, kLabelField}) {
    const bool is_read =
        name == kLabelField || (name == kFeaturesField) == (kind == PatchInput::kStoredFeatures);
    const auto field = schema.find(name);
    if (field && is_read) text += name + to_hex(split_->blob(volume, *field).hash);
  }
  return to_hex(xxh3_128(as_bytes(text)));
}

void PredictSource::refuse_output(const fs::path& folder,
                                  const std::vector<std::string>& mask_files) const {
  if (fs::is_directory(input_) && is_within(settled(folder), settled(input_))) {
    throw Error(ErrorCode::kInvalidArgument,
                "--output lies within --input: the masks would be taken for volumes next time",
                folder.string());
  }
  for (size_t i = 0; i < tiffs_.size(); ++i) {
    const fs::path mask = folder / mask_files[i];
    std::error_code none;  // of paths that are not there
    if (!fs::equivalent(mask, tiffs_[i].path, none)) continue;
    throw Error(ErrorCode::kInvalidArgument,
                "this mask would replace the volume that it is made of: name another --output",
                mask.string());
  }
}

}  // namespace stoker
