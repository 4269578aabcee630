#include "formats/staged_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "libdata/core/descriptor.h"
#include "libdata/core/error.h"
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

}  // namespace

StagedFiles::StagedFiles(const fs::path& output, const std::string& unit)
    : output_(output), staging_(output / kRecordFolder / (unit + ".files")) {
  fs::remove_all(staging_);
  make_folders(staging_);
}

StagedFiles::~StagedFiles() {
  std::error_code ignored;
  fs::remove_all(staging_, ignored);
}

fs::path StagedFiles::staged(size_t i) const {
  return staging_ / std::to_string(i);
}

void StagedFiles::add(const std::string& path, ByteSpan bytes) {
  write_plainly(staged(entries_.size()), bytes);
  entries_.push_back({path, bytes.size(), xxh3_128(bytes)});
  size_bytes_ += bytes.size();
}

std::vector<UnitFileEntry> StagedFiles::finish() {
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

}  // namespace stoker
