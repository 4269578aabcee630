#include "libdata/core/folder_lock.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// Between open and lock the file may have been removed by its last holder. That can happen a few
// times, not for ever: where inode numbers do not stay, the comparison would never hold.
constexpr int kTries = 40;
constexpr std::chrono::milliseconds kBetweenTries{50};

enum class Outcome { kLocked, kHeld, kNoLocks };

Outcome try_lock(int descriptor, int kind) {
  while (::flock(descriptor, kind | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    return errno == EWOULDBLOCK ? Outcome::kHeld : Outcome::kNoLocks;
  }
  return Outcome::kLocked;
}

Descriptor open_lock_file(const fs::path& path) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  // Another user's: enough to lock, if not to sign.
  if (!file && errno == EACCES) file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) throw system_error("create", path.string(), errno);
  return file;
}

bool is_at(int descriptor, const fs::path& path) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

std::string read_holders(int descriptor) {
  std::array<char, 1024> text;
  const ssize_t got = ::pread(descriptor, text.data(), text.size(), 0);
  std::string holders(text.data(), got > 0 ? static_cast<size_t>(got) : 0);
  while (holders.ends_with('\n'))
    holders.pop_back();
  for (size_t at = 0; (at = holders.find('\n', at)) != std::string::npos;)
    holders.replace(at, 1, ", ");
  return holders.empty() ? "another program" : holders;
}

// A full disk may keep the name from being written; the lock holds all the same.
void sign(int descriptor, const std::string& program) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host = {"?"};
  const std::string line =
      program + " (process " + std::to_string(::getpid()) + " on " + host.data() + ")\n";
  (void)!::write(descriptor, line.data(), line.size());
}

// Where nobody else has the lock, what stands in the file is of processes that have ended.
Outcome take(int descriptor, FolderLock::Sharing sharing) {
  const Outcome alone = try_lock(descriptor, LOCK_EX);
  if (alone == Outcome::kLocked) (void)!::ftruncate(descriptor, 0);
  if (sharing == FolderLock::Sharing::kAlone || alone == Outcome::kNoLocks) return alone;
  return try_lock(descriptor, LOCK_SH);
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder, const std::string& program, Sharing sharing)
    : path_(folder / kFolderLockName), sharing_(sharing) {
  for (int tries = 0; tries < kTries; ++tries) {
    Descriptor file = open_lock_file(path_);
    const bool last_try = tries + 1 == kTries;
    switch (take(file.get(), sharing)) {
      case Outcome::kHeld:
        // A killed process has it until its last write is on the disk; a sharer has it for itself
        // for a moment, when it comes and when it goes.
        if (!last_try) {
          std::this_thread::sleep_for(kBetweenTries);
          continue;
        }
        throw Error(ErrorCode::kInvalidArgument,
                    "is being written by " + read_holders(file.get()) +
                        "; wait until that has ended, or name another folder",
                    folder.string());
      case Outcome::kNoLocks: {
        const int why = errno;
        ::unlink(path_.c_str());
        spdlog::warn(
            "{}: this file system has no locks ({}): see to it that no other program "
            "writes to this folder",
            folder.string(), std::generic_category().message(why));
        return;
      }
      case Outcome::kLocked:
        break;
    }
    if (!is_at(file.get(), path_) && !last_try) continue;
    sign(file.get(), program);
    descriptor_ = std::move(file);
    return;
  }
}

FolderLock::~FolderLock() {
  if (!descriptor_) return;
  // Removed while it is held, so that nobody's file but ours goes; by the last of several.
  const bool last =
      sharing_ == Sharing::kAlone || try_lock(descriptor_.get(), LOCK_EX) == Outcome::kLocked;
  if (last) ::unlink(path_.c_str());
}

}  // namespace stoker
