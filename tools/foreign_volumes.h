// Volumes of any format that is read (NIfTI, nnU-Net ...) as pack-volumes and precompute-features
// take them: the format's reader, and the transforms that make bricks of what it gives.
//
// Thread-safety: const after construction. Ownership: owns reader and transforms.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "formats/format.h"
#include "libdata/sample/sample_transform.h"
#include "libdata/sample/source_reader.h"
#include "tools/transform/volume_forms.h"
#include "tools/transform/volume_window.h"
#include "tools/volume_program.h"

namespace stoker {

// The format of --input, where that is another than folders of TIFFs and packed sets; else null.
const Format* find_foreign_format(const VolumeFlags& flags);

class ForeignVolumes {
 public:
  // InvalidArgument where flags or fields do not fit; warns of what listing found.
  ForeignVolumes(const Format& format, const VolumeFlags& flags);

  const SourceReader& reader() const { return *reader_; }
  const Schema& schema() const { return bricks_->schema(); }  // after the transforms
  std::vector<const SampleTransform*> transforms() const { return {window_.get(), bricks_.get()}; }
  uint64_t voxel_count(uint64_t item) const;  // as far as headers tell
  uint64_t largest_voxel_count() const;
  // In memory while a volume is read, beside what working_bytes of the transforms that follow says.
  uint64_t reading_bytes() const;

 private:
  std::unique_ptr<SourceReader> reader_;
  std::unique_ptr<VolumeWindow> window_;
  std::unique_ptr<ArraysToBricks> bricks_;
};

}  // namespace stoker
