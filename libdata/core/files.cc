#include "libdata/core/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Written back in steps of this size while a shard is still being produced, so that the fsync at
// the end has little left to wait for.
constexpr uint64_t kWriteBackBytes = 32u << 20;

// How often a temporary file may be taken from under us before we give up: where inode numbers do
// not stay, every try looks like that.
constexpr int kOpenTries = 20;

Descriptor open_for_reading(const fs::path& path, uint64_t* size) {
  // A pipe would wait for its other end.
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!descriptor) throw system_error("open", path.string(), errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) throw system_error("stat", path.string(), errno);
  if (!S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a regular file", path.string());
  }
  *size = static_cast<uint64_t>(status.st_size);
  return descriptor;
}

int advice_of(AccessPattern pattern) {
  switch (pattern) {
    case AccessPattern::kSequential:
      return MADV_SEQUENTIAL;
    case AccessPattern::kRandom:
      return MADV_RANDOM;
    case AccessPattern::kNormal:
      break;
  }
  return MADV_NORMAL;
}

template <typename Keep>
std::vector<fs::path> list_entries(const fs::path& folder, Keep keep) {
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  if (error) throw system_error("list", folder.string(), error.value());
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : entries) {
    if (keep(entry)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return a.filename().native() < b.filename().native();
  });
  return found;
}

}  // namespace

MappedFile::MappedFile(const fs::path& path, AccessPattern pattern) : path_(path.string()) {
  const Descriptor descriptor = open_for_reading(path, &size_);
  if (size_ > 0) {
    void* mapping = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor.get(), 0);
    if (mapping == MAP_FAILED) throw system_error("map", path_, errno);
    data_ = static_cast<const uint8_t*>(mapping);
    guard_ = MappingGuard(data_, size_, path_);
  }
  if (pattern != AccessPattern::kNormal) advise(pattern);
}

MappedFile::~MappedFile() {
  guard_ = MappingGuard();
  if (data_ != nullptr) ::munmap(const_cast<uint8_t*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      guard_(std::move(other.guard_)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(guard_, other.guard_);
  return *this;
}

namespace {

void advise_range(const uint8_t* data, uint64_t file_size, uint64_t offset, uint64_t size,
                  int advice) {
  if (data == nullptr || offset >= file_size) return;
  static const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t begin = offset / page * page;
  const uint64_t end = std::min(file_size, offset + size);
  // Advice is a hint: a kernel that does not take it is no error.
  (void)::madvise(const_cast<uint8_t*>(data) + begin, end - begin, advice);
}

// Linux cuts a request to read ahead off, in silence, at the larger of a disk's read_ahead_kb and
// max_sectors_kb. No disk is set below its default of 128 KiB without intent.
template <typename Call>
void in_advice_pieces(uint64_t offset, uint64_t size, const Call& call) {
  constexpr uint64_t kPiece = uint64_t{128} << 10;
  for (uint64_t done = 0; done < size; done += kPiece)
    call(offset + done, std::min(kPiece, size - done));
}

}  // namespace

void MappedFile::advise(AccessPattern pattern) const {
  advise_range(data_, size_, 0, size_, advice_of(pattern));
}
void MappedFile::will_need(uint64_t offset_bytes, uint64_t size_bytes) const {
  in_advice_pieces(offset_bytes, size_bytes, [this](uint64_t offset, uint64_t size) {
    advise_range(data_, size_, offset, size, MADV_WILLNEED);
  });
}
void MappedFile::dont_need(uint64_t offset_bytes, uint64_t size_bytes) const {
  advise_range(data_, size_, offset_bytes, size_bytes, MADV_DONTNEED);
}

RangeFile::RangeFile(const fs::path& path) : path_(path.string()) {
  descriptor_ = open_for_reading(path, &size_);
}

void RangeFile::read(uint64_t offset_bytes, std::span<uint8_t> out) const {
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::pread(descriptor_.get(), out.data() + done, out.size() - done,
                                static_cast<off_t>(offset_bytes + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error("read", path_, errno).at(path_, offset_bytes + done);
    if (got == 0 && offset_bytes + done < size_) {
      throw Error(ErrorCode::kIo,
                  "file ends here, but had " + std::to_string(size_) +
                      " bytes when it was opened: it was cut short or replaced while in use",
                  path_, offset_bytes + done);
    }
    if (got == 0) {
      throw Error(ErrorCode::kCorrupt,
                  "file ends here, expected " + std::to_string(out.size() - done) + " bytes more",
                  path_, offset_bytes + done);
    }
    done += static_cast<size_t>(got);
  }
}

Bytes RangeFile::read(uint64_t offset_bytes, uint64_t size_bytes) const {
  if (offset_bytes > size_ || size_bytes > size_ - offset_bytes) {
    throw Error(ErrorCode::kCorrupt,
                "expected " + std::to_string(size_bytes) + " bytes here, the file has " +
                    std::to_string(size_) + " in all",
                path_, offset_bytes);
  }
  Bytes bytes(size_bytes);
  read(offset_bytes, std::span<uint8_t>(bytes));
  return bytes;
}

void RangeFile::will_need(uint64_t offset_bytes, uint64_t size_bytes) const {
  in_advice_pieces(offset_bytes, size_bytes, [this](uint64_t offset, uint64_t size) {
    (void)::posix_fadvise(descriptor_.get(), static_cast<off_t>(offset), static_cast<off_t>(size),
                          POSIX_FADV_WILLNEED);
  });
}

namespace {

// Opens the temporary file for this process alone, and empties it. Two processes that write one
// file would cut each other's work short, and the first to finish would publish what the other is
// still writing. The lock goes with the process, so a killed one leaves none.
Descriptor open_temporary(const fs::path& path) {
  for (int tries = 1;; ++tries) {
    Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
    if (!descriptor) throw system_error("create", path.string(), errno);
    if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      throw Error(ErrorCode::kIo, "another process is writing this file", path.string());
    }  // any other failure: a file system without locks
    // Between open and lock the file may have been published or removed by its last writer.
    struct stat opened {};
    struct stat named {};
    const bool same = ::fstat(descriptor.get(), &opened) == 0 &&
                      ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
                      opened.st_dev == named.st_dev;
    if (!same && tries < kOpenTries) continue;
    if (::ftruncate(descriptor.get(), 0) != 0) throw system_error("empty", path.string(), errno);
    return descriptor;
  }
}

}  // namespace

AtomicFile::AtomicFile(const fs::path& path)
    : path_(path),
      temporary_(path.string() + kTemporaryEnding),
      descriptor_(open_temporary(temporary_)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_) ::unlink(temporary_.c_str());  // before the lock goes
}

void AtomicFile::write(ByteSpan bytes) {
  write_gathered({&bytes, 1});
}

void AtomicFile::write_gathered(std::span<const ByteSpan> pieces) {
  constexpr size_t kMaxPieces = 64;
  std::array<iovec, kMaxPieces> vectors;
  while (!pieces.empty()) {
    const size_t count = std::min(pieces.size(), kMaxPieces);
    for (size_t i = 0; i < count; ++i) {
      vectors[i] = {const_cast<uint8_t*>(pieces[i].data()), pieces[i].size()};
    }
    iovec* next = vectors.data();
    size_t left = count;
    while (left > 0) {
      const ssize_t wrote = ::writev(descriptor_.get(), next, static_cast<int>(left));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) throw system_error("write", temporary_.string(), errno);
      size_ += static_cast<uint64_t>(wrote);
      size_t rest = static_cast<size_t>(wrote);
      while (left > 0 && rest >= next->iov_len) {
        rest -= next->iov_len;
        ++next;
        --left;
      }
      if (left > 0) {
        next->iov_base = static_cast<uint8_t*>(next->iov_base) + rest;
        next->iov_len -= rest;
      }
    }
    pieces = pieces.subspan(count);
  }
  if (size_ - flushed_ >= kWriteBackBytes) {
    (void)::sync_file_range(descriptor_.get(), static_cast<off_t>(flushed_),
                            static_cast<off_t>(size_ - flushed_), SYNC_FILE_RANGE_WRITE);
    flushed_ = size_;
  }
}

void AtomicFile::write_at(uint64_t offset_bytes, ByteSpan bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = ::pwrite(descriptor_.get(), bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(offset_bytes + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw system_error("write", temporary_.string(), errno);
    done += static_cast<size_t>(wrote);
  }
  (void)::sync_file_range(descriptor_.get(), static_cast<off_t>(offset_bytes),
                          static_cast<off_t>(bytes.size()), SYNC_FILE_RANGE_WRITE);
  size_ = std::max(size_, offset_bytes + bytes.size());
}

void AtomicFile::finish() {
  if (::fsync(descriptor_.get()) != 0) throw system_error("sync", temporary_.string(), errno);
  // Closed after the rename: until then the lock keeps others from emptying the file.
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    throw system_error("publish", path_.string(), errno);
  }
  descriptor_.close();
  sync_folder(path_.parent_path());
}

bool remove_left_temporary(const fs::path& path) {
  const Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!descriptor) return false;
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  return ::unlink(path.c_str()) == 0;
}

void sync_file(const fs::path& path) {
  uint64_t size = 0;
  const Descriptor descriptor = open_for_reading(path, &size);
  if (::fsync(descriptor.get()) != 0) throw system_error("sync", path.string(), errno);
}

void sync_folder(const fs::path& folder) {
  const fs::path where = folder.empty() ? fs::path(".") : folder;
  const Descriptor descriptor(::open(where.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) throw system_error("open folder", where.string(), errno);
  // Some network file systems do not sync folders; their rename is as durable as it gets.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL && errno != ENOTSUP) {
    throw system_error("sync folder", where.string(), errno);
  }
}

Bytes read_file(const fs::path& path) {
  const RangeFile file(path);
  return file.read(0, file.size());
}

std::string read_text_file(const fs::path& path) {
  return std::string(as_text(read_file(path)));
}

namespace {

// A pipe or a device: must not be renamed over.
bool is_special(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  return fs::exists(status) && fs::is_other(status);
}

void write_to_special(const fs::path& path, ByteSpan bytes) {
  const Descriptor descriptor(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!descriptor) throw system_error("open", path.string(), errno);
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(descriptor.get(), bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw system_error("write", path.string(), errno);
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
}

}  // namespace

void check_can_write(const fs::path& path) {
  if (fs::is_directory(path)) {
    throw Error(ErrorCode::kInvalidArgument, "expected a file to write, this is a folder",
                path.string());
  }
  if (!is_special(path)) const AtomicFile attempt(path);
}

void write_file_atomically(const fs::path& path, ByteSpan bytes) {
  if (is_special(path)) return write_to_special(path, bytes);
  AtomicFile file(path);
  file.write(bytes);
  file.finish();
}

void write_file_atomically(const fs::path& path, std::string_view text) {
  write_file_atomically(path, as_bytes(text));
}

std::string own_name(const fs::path& path) {
  return (fs::absolute(path) / "").lexically_normal().parent_path().filename().string();
}

std::vector<fs::path> list_files(const fs::path& folder) {
  return list_entries(folder, [](const fs::directory_entry& e) { return e.is_regular_file(); });
}

std::vector<fs::path> list_folders(const fs::path& folder) {
  return list_entries(folder, [](const fs::directory_entry& e) { return e.is_directory(); });
}

}  // namespace stoker
