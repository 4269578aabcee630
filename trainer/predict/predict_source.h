// Where `predict` takes its volumes from: a split of a packed data set, or TIFFs as they lie.
//
// One thread. Ownership: owns the data set. Errors: those of PackedDataset, volume_input.h and
// tiff_input.h; Corrupt where there is no volume.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "libdata/shard/packed_dataset.h"
#include "trainer/predict/tiff_input.h"
#include "trainer/predict/volume_input.h"

namespace stoker {

struct SourceVolume {
  VolumeInput input;
  std::vector<uint8_t> labels;  // z, y, x; empty where the source has none
};

class PredictSource {
 public:
  // `split`: of a packed data set; empty: "val" where it has volumes, else the only one.
  PredictSource(const std::filesystem::path& input, const std::string& split);

  const std::vector<std::string>& names() const { return names_; }
  std::string split_name() const { return split_ == nullptr ? "" : split_->name(); }

  // What to feed a network trained on `trained`: weights trained on features that were stored serve
  // for images too, since the features are the same, and the other way round.
  PatchInput fit_input(PatchInput trained) const;
  SourceVolume read(uint64_t volume, PatchInput kind, bool standardize, bool check_hashes) const;
  // Of what read() would give, without reading more than a packed volume's index.
  std::string hash(uint64_t volume, PatchInput kind) const;

  // InvalidArgument where masks in `folder` would lie within the input, or replace it.
  void refuse_output(const std::filesystem::path& folder,
                     const std::vector<std::string>& mask_files) const;

 private:
  std::filesystem::path input_;
  std::unique_ptr<PackedDataset> dataset_;  // null: TIFF
  const PackedSplit* split_ = nullptr;
  std::vector<TiffInputVolume> tiffs_;
  std::vector<std::string> names_;
};

}  // namespace stoker
