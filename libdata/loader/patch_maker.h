// Makes one patch: draws it, reads its bricks, turns it, computes or reads its features.
//
// Thread-safety: PatchFields may be shared; a PatchMaker belongs to one thread. Ownership: what is
// passed to the constructor must outlive the maker. Errors: those of the patch, as patch_loader.h
// says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libdata/loader/brick_source.h"
#include "libdata/loader/patch_batch.h"
#include "libdata/loader/patch_loader_options.h"
#include "libdata/loader/patch_sampler.h"
#include "libdata/sample/schema.h"

namespace stoker {

// Positions of the fields in the schema, checked against the options.
struct PatchFields {
  size_t input = 0;  // image or features
  std::optional<size_t> label;
  std::optional<size_t> distance;
  std::optional<size_t> scroll;
  std::optional<size_t> mean;
  std::optional<size_t> stddev;
  int64_t channels = 1;
  DType input_dtype = DType::kUInt8;  // as stored: uint8 or uint16 voxels, float16 features
};
PatchFields find_patch_fields(const Schema& schema, const PatchLoaderOptions& options);

// Where one patch goes; spans that are not wanted are empty.
struct PatchTarget {
  std::span<uint8_t> image;
  std::span<uint16_t> image16;
  std::span<uint16_t> features;
  std::span<uint8_t> label;
  std::span<uint8_t> distance;
  std::span<float> factor;  // [channels]
  std::span<float> offset;
  PatchPlace* place = nullptr;
};

class PatchMaker {
 public:
  PatchMaker(const PatchSampler& sampler, const BrickFiles& files, const PatchFields& fields,
             const PatchLoaderOptions& options);

  void make(uint64_t epoch, uint64_t patch, const Zyx& patch_zyx, const PatchTarget& target);

  // Since the maker was made.
  double compute_seconds() const { return compute_seconds_; }
  uint64_t bytes_read() const { return source_.bytes_read(); }
  uint64_t volume() const { return draw_.volume; }  // of the patch made last, or that failed

 private:
  void read_field(size_t field, uint8_t fill, std::span<uint8_t> out);
  void read_field(size_t field, std::span<uint16_t> out);
  template <typename Voxel>
  void compute_features(std::span<uint16_t> out);
  void set_intensity(const PatchTarget& target) const;
  void check_labels(std::span<const uint8_t> labels) const;
  void check_volume(const BrickVolume& bricks, size_t field) const;

  const PatchSampler* sampler_;
  const BrickFiles* files_;
  const PatchFields* fields_;
  const PatchLoaderOptions* options_;
  BrickSource source_;
  Zyx patch_zyx_{0, 0, 0};  // of the patch under way
  PatchDraw draw_;
  Bytes halo_voxels_;
  Bytes cut_voxels_;  // of patches that are larger than the volume
  std::vector<uint16_t> cut_features_;
  double compute_seconds_ = 0;
};

}  // namespace stoker
