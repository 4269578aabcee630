// Volumes that lie in files of their own, with labels and more beside them, as a source of samples:
// what folders of NIfTI files and nnU-Net's raw folders have in common.
//
// A case is one sample. Its volume fields are read from files (volume_file.h), a label as class
// indices; spacing and affine from the header of the first of them; all other inline fields from a
// sidecar (inline_sidecar.h). Thread-safety and errors: as SourceReader; Corrupt where volumes of a
// case differ in size or a label is not there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libdata/sample/source_reader.h"

namespace stoker {

struct VolumeCase {
  std::string name;
  size_t split = 0;
  // Of each volume field, in the schema's order: one file, or one a channel.
  std::vector<std::vector<std::filesystem::path>> volumes;
  std::filesystem::path sidecar = {};
};

struct CaseSchemaOptions {
  bool labels = false;  // the second volume is a label
  std::vector<std::string> channel_names = {};
  std::optional<int64_t> ignore_value = {};  // of the label
};
// Of cases that nothing is known of but their files: image, label, spacing and affine. The image's
// type is the smallest that takes what all headers promise; it has channels where the first header
// that can be read has, or where cases have several files.
Schema schema_of_cases(const std::vector<VolumeCase>& cases, const CaseSchemaOptions& options);

enum class GeometryPlace { kHeader, kSidecar };

class VolumeCaseReader : public SourceReader {
 public:
  // `facts.splits` are those that the cases count. `place` is where spacing and affine stand.
  VolumeCaseReader(Schema schema, std::vector<VolumeCase> cases, SourceFacts facts,
                   GeometryPlace place = GeometryPlace::kHeader);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  void read(Sample& sample) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;

 private:
  PlannedItem plan(const VolumeCase& one) const;

  Schema schema_;
  std::vector<VolumeCase> cases_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  std::vector<size_t> in_header_;  // positions of inline fields
  std::vector<size_t> in_sidecar_;
};

}  // namespace stoker
