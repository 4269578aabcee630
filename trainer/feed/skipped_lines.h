// What --on-error skip left out, as lines for the log: of several loaders, each line once, in the
// order in which it became known.
//
// Plain value, one thread. Precondition of take: a loader's list only grows at its end from call to
// call, which it does between epochs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "libdata/loader/loader_options.h"

namespace stoker {

class SkippedLines {
 public:
  void take(const std::string& loader, const std::vector<SkippedSample>& skipped) {
    size_t& taken = taken_[loader];
    for (; taken < skipped.size(); ++taken) {
      const SkippedSample& sample = skipped[taken];
      lines_.push_back(sample.place + ": " + sample.reason);
    }
  }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  std::map<std::string, size_t> taken_;
  std::vector<std::string> lines_;
};

}  // namespace stoker
