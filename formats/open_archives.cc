#include "formats/open_archives.h"

#include <utility>

namespace stoker {

OpenArchives::OpenArchives(const std::vector<std::string>& paths, size_t most_open)
    : paths_(paths), most_open_(most_open) {}

std::shared_ptr<const RangeFile> OpenArchives::open(uint32_t index) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(index);
  if (found != open_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.file;
  }
  if (open_.size() >= most_open_) {
    open_.erase(uses_.back());
    uses_.pop_back();
  }
  auto file = std::make_shared<const RangeFile>(paths_[index]);
  uses_.push_front(index);
  open_.emplace(index, Place{file, uses_.begin()});
  return file;
}

}  // namespace stoker
