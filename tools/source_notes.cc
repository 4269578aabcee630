#include "tools/source_notes.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace stoker {
namespace {

constexpr size_t kShown = 10;

}  // namespace

void warn_of_notes(const std::vector<SampleNote>& notes) {
  for (size_t i = 0; i < std::min(notes.size(), kShown); ++i) {
    spdlog::warn("{}: {}", notes[i].name, notes[i].reason);
  }
  if (notes.size() > kShown) {
    spdlog::warn("and {} more {} on the sources; --dry-run and the manifest list all",
                 notes.size() - kShown, notes.size() == kShown + 1 ? "note" : "notes");
  }
}

}  // namespace stoker
