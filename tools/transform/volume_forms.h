// Volumes between their two stored forms: bricks, which training streams from, and plain arrays,
// which other formats hold.
//
// Thread-safety, ownership, errors: as SampleTransform; Corrupt for bricks that do not match their
// hashes. One sample uses many threads inside.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libdata/sample/sample_transform.h"

namespace stoker {

// Every bricked value becomes an array. Fields and everything else stay as they are.
class BricksToArrays : public SampleTransform {
 public:
  explicit BricksToArrays(const Schema& input) : schema_(input) {}

  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override { return {}; }
  uint64_t estimate(const PlannedItem& item) const override { return item.estimated_bytes; }
  void apply(Sample& sample) const override;

 private:
  Schema schema_;
};

// Arrays of volume fields (axes ZYX or CZYX) become bricks, a label's packed; those of element
// types that bricks do not have (is_brick_dtype) stay arrays. A volume called "image" gets its
// nonzero_box and, of no known group, scroll -1, where the source has none: what the patch loader
// looks for.
class ArraysToBricks : public SampleTransform {
 public:
  explicit ArraysToBricks(const Schema& input);

  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override { return {}; }
  uint64_t estimate(const PlannedItem& item) const override { return item.estimated_bytes; }
  void apply(Sample& sample) const override;

 private:
  Schema schema_;
  std::vector<size_t> volumes_;  // positions of the fields that become bricks
  bool adds_box_ = false;
  bool adds_scroll_ = false;
  size_t image_ = 0;
};

}  // namespace stoker
