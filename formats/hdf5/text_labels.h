// Labels that are texts, made class indices.
//
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace stoker {

struct TextLabels {
  std::vector<int32_t> labels;  // one a text; -1 where it is empty
  std::vector<std::string> class_names;
  uint64_t empty_count = 0;
};

// Classes are `known`, where every text is among them; else the texts, whole numbers by value,
// others in the order of their bytes.
TextLabels number_texts(const std::vector<std::string>& texts,
                        const std::vector<std::string>& known);

}  // namespace stoker
