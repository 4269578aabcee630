// Whether a folder or archive is named like a split of a data set rather than like a class.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoker {

// "train", "val" or "test" for names that say a split and nothing else: Train, training_set,
// seg_train, train2017, valid, validation, ILSVRC2012_img_val, TestImages, test1. Empty for all
// others: test_tube, training_shoes, bullet_train.
std::string split_named(std::string_view name);

// Those of `names` that are splits: by their own spelling, or because they stand side by side and
// differ in the split alone, as cars_train and cars_test do. In the order given. "dev", "eval" and
// the like count only beside another split.
std::vector<std::string> find_splits(const std::vector<std::string>& names);

}  // namespace stoker
