// Data sets as TFRecord files of tf.train.Examples: OUTPUT/SPLIT-00000-of-0000N.tfrecord.
//
// Keys are those of ImageNet: image/encoded, image/format, image/height, image/width,
// image/channels, image/filename (the sample's name), image/class/label (from 0, as everywhere in
// the house) and image/class/text. Other fields go by their names: text and bytes as one byte
// string, integers as int64, floats as float lists, arrays flat with FIELD/shape beside. labels.txt
// has the class names in index order. Thread-safety, errors: as SampleOutput. Refused: fields that
// would meet in one key.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "formats/unit_folder.h"

namespace stoker {

inline constexpr const char* kTfRecordClasses = "labels.txt";

class TfRecordOutput : public UnitFolder {
 public:
  using UnitFolder::UnitFolder;

  std::string plan_heading() const override { return "tfrecord 1"; }
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {true, false, false}; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  void write_side_files(const Manifest& manifest) const override;
  std::vector<std::string> side_files() const override { return {kTfRecordClasses}; }
};

}  // namespace stoker
