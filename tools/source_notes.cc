#include "tools/source_notes.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "formats/format_table.h"
#include "libdata/core/error.h"

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

void list_sources(const std::vector<std::string>& inputs, const std::function<void()>& list) {
  try {
    list();
  } catch (const Error& error) {
    std::string hint;
    for (const std::string& input : inputs) {
      if (hint.empty()) hint = hint_at_format(input);
    }
    throw Error(error.code(), error.message() + hint, error.path(), error.offset_bytes());
  }
}

}  // namespace stoker
