// Class labels as text, made into class indices: numbers as they stand, or names.
//
// Thread-safety: pure functions. Errors: Corrupt where labels go beyond the classes that a list
// names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

inline constexpr int64_t kNoLabel = -1;
inline constexpr int64_t kBadLabel = -2;  // a text that says no class
// Stands for texts that are too long to be the name of a class, or damaged.
inline constexpr std::string_view kNoClassText("\0", 1);

struct ClassLabels {
  std::vector<int64_t> labels;           // one a sample
  std::vector<std::string> class_names;  // in index order, or empty
  std::vector<SampleNote> notes;
};

// `texts` is empty where a sample has none. `class_names` are those of a list beside the shards,
// called `list`, or empty. Texts that are no number are class names: of the list or, where not one
// text is a number and there is no list, numbered in the order of their bytes.
ClassLabels label_classes(const std::vector<std::string>& texts,
                          const std::vector<std::string>& class_names, const std::string& list);

// Labels that are numbers name classes by themselves: "0", "1" ... up to the largest. Empty where
// that would be too many to be classes.
std::vector<std::string> numbers_as_names(const std::vector<int64_t>& labels);

// What stands for the label in a JSON text: the member called `key`, or what a path "a.b" leads to.
// Empty where there is none; kNoClassText where the text is no JSON, or a list stands there.
std::string label_in_json(std::string_view text, const std::string& key);

// A key of the JSON text whose name and value are those of a class; empty where there is none.
std::string likely_label_key(std::string_view text);

}  // namespace stoker
