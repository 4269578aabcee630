// A bounded number of files kept open for reading by range: packing reads samples of a thousand
// class tars in shuffled order, and a process may have no more descriptors than that.
//
// Thread-safety: all may be called from many threads at once. Ownership: a file stays open while
// somebody holds it, also past the bound. Errors: as RangeFile's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libdata/core/files.h"

namespace stoker {

class OpenArchives {
 public:
  // `paths` must outlive this object.
  explicit OpenArchives(const std::vector<std::string>& paths, size_t most_open = 64);

  // The file at paths[index], opened now or before; the one unused for longest is closed.
  std::shared_ptr<const RangeFile> open(uint32_t index);

 private:
  struct Place {
    std::shared_ptr<const RangeFile> file;
    std::list<uint32_t>::iterator use;
  };

  const std::vector<std::string>& paths_;
  const size_t most_open_;
  std::mutex mutex_;
  std::list<uint32_t> uses_;  // latest first
  std::unordered_map<uint32_t, Place> open_;
};

}  // namespace stoker
