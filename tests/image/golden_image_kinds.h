// The images of tests/golden/image_kinds: many varieties of every kind but JPEG, with the pixels
// that they must have (generate_image_kinds.py).
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "libdata/core/files.h"

namespace stoker {

struct GoldenKind {
  std::string name;
  int64_t height;
  int64_t width;
  int64_t channels;  // stored: 1 or 3
  int orientation;
};

inline std::string kinds_path(const std::string& name) {
  return std::string(STOKER_SOURCE_DIR) + "/tests/golden/image_kinds/" + name;
}

inline std::vector<GoldenKind> golden_kinds() {
  std::ifstream list(kinds_path("kinds.txt"));
  std::vector<GoldenKind> kinds;
  for (GoldenKind k; list >> k.name >> k.height >> k.width >> k.channels >> k.orientation;)
    kinds.push_back(k);
  return kinds;
}

// Always three channels; see the generator.
inline Bytes expected_rgb(const GoldenKind& kind) {
  return read_file(kinds_path(kind.name + ".rgb"));
}

}  // namespace stoker
