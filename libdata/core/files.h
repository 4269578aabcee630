// Files: mapped for reading, read by range, written so that nobody ever sees half of one.
//
// Thread-safety: MappedFile and RangeFile may be read from any number of threads at once;
// AtomicFile belongs to one thread. All own their descriptors and close them in the destructor.
// Errors: NotFound or Io from the system, Corrupt where a range lies past the end of a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/descriptor.h"
#include "libdata/core/mapping_guard.h"

namespace stoker {

// How a mapping will be read; passed on to madvise.
enum class AccessPattern { kNormal, kSequential, kRandom };

// A whole file, mapped read-only and shared. An empty file gives an empty span.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path,
                      AccessPattern pattern = AccessPattern::kNormal);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  ByteSpan bytes() const { return {data_, size_}; }
  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  void advise(AccessPattern pattern) const;
  void will_need(uint64_t offset_bytes, uint64_t size_bytes) const;  // start reading ahead, return
  void dont_need(uint64_t offset_bytes, uint64_t size_bytes) const;  // drop from this process

 private:
  std::string path_;
  const uint8_t* data_ = nullptr;
  uint64_t size_ = 0;
  MappingGuard guard_;
};

// A file read by pread: what the packers use on archives, and `--io pread` on network disks.
class RangeFile {
 public:
  explicit RangeFile(const std::filesystem::path& path);

  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }

  // Fills `out` from `offset_bytes`. Corrupt if the file ends before that; Io if it did not when it
  // was opened, and was cut short since.
  void read(uint64_t offset_bytes, std::span<uint8_t> out) const;
  Bytes read(uint64_t offset_bytes, uint64_t size_bytes) const;
  void will_need(uint64_t offset_bytes, uint64_t size_bytes) const;  // start reading ahead, return

 private:
  std::string path_;
  uint64_t size_ = 0;
  Descriptor descriptor_;
};

// Writes PATH.tmp, and makes it PATH in finish(): fsync, rename, fsync of the folder. A reader, or
// a crash at any moment, sees either no PATH or all of it. The destructor without finish() removes
// the temporary file. A left-over temporary of a killed run is overwritten; one that another
// process is writing right now is Io.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(ByteSpan bytes);
  void write_gathered(std::span<const ByteSpan> pieces);  // one system call where it can be
  // At a place, also behind the end: a header that says how much has followed. Not to be mixed with
  // the other two but before the end.
  void write_at(uint64_t offset_bytes, ByteSpan bytes);
  uint64_t size() const { return size_; }
  void finish();

 private:
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Descriptor descriptor_;
  uint64_t size_ = 0;
  uint64_t flushed_ = 0;
};

inline constexpr const char* kTemporaryEnding = ".tmp";

// Removes a temporary file that a killed process left; false where another is writing it, or where
// it cannot be removed.
bool remove_left_temporary(const std::filesystem::path& path);

Bytes read_file(const std::filesystem::path& path);
std::string read_text_file(const std::filesystem::path& path);

// Replaces PATH as a whole, as AtomicFile does; a pipe or device (/dev/stdout) is written to.
void write_file_atomically(const std::filesystem::path& path, ByteSpan bytes);
void write_file_atomically(const std::filesystem::path& path, std::string_view text);

// Throws what writing PATH would throw (no such folder, no permission, a folder of that name), and
// leaves nothing: for reports that are written when hours of work are done.
void check_can_write(const std::filesystem::path& path);

// Makes what was written to PATH, by whatever descriptor, last through a power failure.
void sync_file(const std::filesystem::path& path);
// Makes what was created, renamed and removed in `folder` last through a power failure.
void sync_folder(const std::filesystem::path& folder);

// The name of a file or folder as it stands in the folder above it: "x" of "x/", "x/." and "./x",
// and for "." that of the working folder.
std::string own_name(const std::filesystem::path& path);

// The regular files directly in `folder`, sorted by name in byte order.
std::vector<std::filesystem::path> list_files(const std::filesystem::path& folder);
// The sub-folders directly in `folder`, sorted by name in byte order.
std::vector<std::filesystem::path> list_folders(const std::filesystem::path& folder);

inline ByteSpan as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace stoker
