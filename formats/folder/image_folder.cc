#include "formats/folder/image_folder.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string_view>

#include "formats/image_file_names.h"
#include "formats/staged_files.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

class ImageFolderUnit : public UnitWriter {
 public:
  ImageFolderUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run)
      : files_(output, unit.file),
        split_(run.splits[unit.split]),
        class_names_(run.manifest.class_names),
        image_(run.manifest.schema.require("image")),
        label_(run.manifest.schema.find("label")) {}

  void append(const Sample& sample) override {
    const FieldValue& image = sample.values[image_];
    files_.add(path_of(sample, image.codec), image.bytes);
  }
  uint64_t size_bytes() const override { return files_.size_bytes(); }
  std::vector<UnitFileEntry> finish() override { return files_.finish(); }

 private:
  std::string path_of(const Sample& sample, Codec codec) const {
    std::string folder = split_ + "/";
    std::string name = sample.name;
    if (label_) {
      const auto label = load_le<int32_t>(sample.values[*label_].bytes.data());
      const std::string class_name = folder_of(label);
      if (name.starts_with(class_name + "/")) name.erase(0, class_name.size() + 1);
      folder += class_name + "/";
    }
    return folder + image_file_name(name, codec);
  }

  std::string folder_of(int32_t label) const {
    constexpr int kDigits = 6;
    if (class_names_.empty()) return fmt::format("{:0{}}", label, kDigits);
    if (label < 0 || static_cast<size_t>(label) >= class_names_.size()) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("label {} names none of {} classes", label, class_names_.size()));
    }
    return safe_file_name(class_names_[static_cast<size_t>(label)]);
  }

  StagedFiles files_;
  std::string split_;
  const std::vector<std::string>& class_names_;
  size_t image_;
  std::optional<size_t> label_;
};

}  // namespace

std::string ImageFolder::file_name(const std::string& split, uint32_t index, uint32_t count) const {
  return fmt::format("{}-{:05}-of-{:05}", split, index, count);
}

void ImageFolder::refuse(const Schema& schema) const {
  const Field& image = schema.fields[schema.require("image")];
  if (image.axes != "HWC" || image.dtype != DType::kUInt8) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to folder writes 8-bit images, the field 'image' is {} with axes {}",
                            dtype_name(image.dtype), image.axes));
  }
  for (const Field& field : schema.fields) {
    const bool label = field.name == "label" && field.storage == Storage::kInline &&
                       field.dtype == DType::kInt32 && field.axes.empty();
    if (field.name == "image" || label) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to folder has no place for the field '{}': a folder of images says "
                            "class and name alone; --drop {} leaves it out",
                            field.name, field.name));
  }
}

std::unique_ptr<UnitWriter> ImageFolder::create(const PlannedShard& unit,
                                                const OutputRun& run) const {
  return std::make_unique<ImageFolderUnit>(folder(), unit, run);
}

void ImageFolder::write_side_files(const Manifest& manifest) const {
  const std::vector<std::string>& names = manifest.class_names;
  if (names.empty()) return;
  if (!std::is_sorted(names.begin(), names.end())) {
    spdlog::warn(
        "classes are not in the order of their names: what numbers folders by name gives them "
        "other numbers; {} has the order, and convert-dataset keeps it",
        kClassesFileName);
  }
  std::string text;
  for (const std::string& name : names)
    text += name + "\n";
  write_file_atomically(folder() / kClassesFileName, text);
}

}  // namespace stoker
