// Images as class folders: OUTPUT/SPLIT/CLASS/NAME, what torchvision's ImageFolder and
// pack-imagenet read.
//
// Without class names a class is its number, with zeros in front so that names sort as numbers do;
// without labels images lie in OUTPUT/SPLIT. A file's name is the sample's below its class, with
// the ending of what is stored (.jpg, .png ...) added where it has another one. classes.txt has the
// class names in index order: whoever numbers folders by name gets other numbers where those are
// not in order, which is warned of. Thread-safety, errors: as SampleOutput. Refused: other fields
// than image (uint8, HWC) and label. Corrupt for a sample name that climbs out of its folder.
#pragma once

#include "formats/unit_folder.h"

namespace stoker {

inline constexpr const char* kClassesFileName = "classes.txt";

class ImageFolder : public UnitFolder {
 public:
  using UnitFolder::UnitFolder;

  std::string plan_heading() const override { return "image folder 1"; }
  std::string file_name(const std::string& split, uint32_t index, uint32_t count) const override;
  void refuse(const Schema& schema) const override;
  TakenForms takes() const override { return {true, false, false}; }

 protected:
  std::unique_ptr<UnitWriter> create(const PlannedShard& unit, const OutputRun& run) const override;
  void write_side_files(const Manifest& manifest) const override;
  std::vector<std::string> side_files() const override { return {kClassesFileName}; }
};

}  // namespace stoker
