#include "formats/folder/image_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "formats/image_file_names.h"
#include "libdata/core/descriptor.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/sample/source_record.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw system_error("create folder", folder.string(), error.value());
}

// Everything written to the disk that `folder` lies on: one call for thousands of small files.
void sync_disk_of(const fs::path& folder) {
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::syncfs(descriptor.get()) != 0) {
    throw system_error("sync", folder.string(), errno);
  }
}

void write_plainly(const fs::path& path, ByteSpan bytes) {
  const Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (descriptor.get() < 0) throw system_error("create", path.string(), errno);
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw system_error("write", path.string(), errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
}

// Files gather in a folder of their own and move to their places when all are on the disk.
class ImageFolderUnit : public UnitWriter {
 public:
  ImageFolderUnit(const fs::path& output, const PlannedShard& unit, const OutputRun& run)
      : output_(output),
        split_(run.splits[unit.split]),
        staging_(output / kRecordFolder / (unit.file + ".files")),
        class_names_(run.manifest.class_names),
        image_(run.manifest.schema.require("image")),
        label_(run.manifest.schema.find("label")) {
    fs::remove_all(staging_);
    make_folders(staging_);
  }
  ~ImageFolderUnit() override {
    std::error_code ignored;
    fs::remove_all(staging_, ignored);
  }

  void append(const Sample& sample) override {
    const FieldValue& image = sample.values[image_];
    UnitFileEntry entry;
    entry.path = path_of(sample, image.codec);
    entry.size_bytes = image.bytes.size();
    entry.hash = xxh3_128(image.bytes);
    write_plainly(staged(entries_.size()), image.bytes);
    size_bytes_ += entry.size_bytes;
    entries_.push_back(std::move(entry));
  }
  uint64_t size_bytes() const override { return size_bytes_; }

  std::vector<UnitFileEntry> finish() override {
    sync_disk_of(staging_);
    for (size_t i = 0; i < entries_.size(); ++i) {
      const fs::path target = output_ / entries_[i].path;
      make_folders(target.parent_path());
      std::error_code error;
      fs::rename(staged(i), target, error);
      if (error) throw system_error("rename to", target.string(), error.value());
    }
    sync_disk_of(output_);
    return std::move(entries_);
  }

 private:
  fs::path staged(size_t i) const { return staging_ / std::to_string(i); }

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

  fs::path output_;
  std::string split_;
  fs::path staging_;
  const std::vector<std::string>& class_names_;
  size_t image_;
  std::optional<size_t> label_;
  std::vector<UnitFileEntry> entries_;
  uint64_t size_bytes_ = 0;
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
