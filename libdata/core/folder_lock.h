// Says of an output folder that a program is at work in it, so that no second one mixes its files
// with the first one's.
//
// The lock is advisory and lies in FOLDER/.stoker.lock, which names its holders in plain text. It
// belongs to the process (flock): where that ends, however it ends, the lock is free, and what a
// killed one left of the file is taken over. Whoever finds it held waits two seconds for that.
// Parts of one packing share a lock; they exclude only programs that want the folder for
// themselves.
//
// Thread-safety: of one thread. Ownership: holds the lock until destroyed, then removes the file.
// Errors: InvalidArgument where another process has the folder, naming it; NotFound or Io where the
// file cannot be made. On a file system without locks there is a warning and no lock.
#pragma once

#include <filesystem>
#include <string>

#include "libdata/core/descriptor.h"

namespace stoker {

inline constexpr const char* kFolderLockName = ".stoker.lock";

class FolderLock {
 public:
  enum class Sharing { kAlone, kShared };

  // `folder` is there already; `program` is what the others are told ("train", "pack-imagenet,
  // part 2/8").
  FolderLock(const std::filesystem::path& folder, const std::string& program,
             Sharing sharing = Sharing::kAlone);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  std::filesystem::path path_;
  Sharing sharing_;
  Descriptor descriptor_;  // none where the file system has no locks
};

}  // namespace stoker
