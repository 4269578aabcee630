// Volumes of any element type as the volumes that bricks, features and the trainer know: image
// uint8 or uint16, label 0, 1, 2.
//
// Image values from `low` to `high` become 0 to 255, or 0 to 65535: round((v - low) / (high - low)
// * top), what lies outside becomes the nearer end, NaN the lower. Without a window uint8 and
// uint16 stay as they are (or become 8 bits), and others are refused: which range of a CT matters
// is the user's to say. A label to ignore becomes 2, where it is another value. Thread-safety,
// ownership, errors: as SampleTransform; Corrupt for a label that is none of background, surface
// and ignored.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "libdata/sample/sample_transform.h"

namespace stoker {

struct ValueWindow {
  double low = 0;
  double high = 0;  // more than low
};
// "LO,HI". InvalidArgument otherwise.
ValueWindow parse_value_window(const std::string& text);

struct VolumeWindowOptions {
  std::optional<ValueWindow> window;
  bool keep_16_bits = true;  // false: 8-bit voxels, whatever the source has
  // Where the source does not say which label is to be ignored: whether 2 is, as in the challenge
  // layout, or is a class of its own, which is refused.
  bool ignores_two = true;
};

class VolumeWindow : public SampleTransform {
 public:
  // InvalidArgument where the image has channels, or needs a window and there is none; where the
  // label is no volume of uint8.
  VolumeWindow(const Schema& input, const VolumeWindowOptions& options);

  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override;
  uint64_t estimate(const PlannedItem& item) const override;
  void apply(Sample& sample) const override;

 private:
  VolumeWindowOptions options_;
  size_t image_ = 0;
  std::optional<size_t> label_;
  std::optional<uint8_t> ignored_;  // the label to ignore, where it is not 2
  bool ignores_none_ = false;
  DType from_ = DType::kUInt8;
  DType to_ = DType::kUInt8;
  Schema schema_;
};

}  // namespace stoker
