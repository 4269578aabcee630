// Class names of TFRecord sets: from a list beside them, or from texts beside labels.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "formats/tfrecord/record_listing.h"

namespace stoker {

inline constexpr const char* kClassOfNothing = "background";  // what label 0 is called there

// Without the "0:" that TF-Slim writes in front of each, where all lines have it.
std::vector<std::string> without_numbers(std::vector<std::string> names);

// Names by label, where each label from 0 (or 1: then 0 is kClassOfNothing) to the largest has one
// that no other has; else none.
std::vector<std::string> classes_of_texts(const ClassTexts& texts);

// The least and largest of labels that are numbers, -1 left aside; both -1 where there is none.
struct LabelRange {
  int64_t least = -1;
  int64_t largest = -1;
};
LabelRange label_range(const std::vector<std::string>& labels);

}  // namespace stoker
