// Where the parts of a set of TIFF volumes lie, and what of its fields the layout says by itself.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "libdata/sample/schema.h"

namespace stoker {

// Of one split, below the data set's folder.
class ChallengeLayout {
 public:
  explicit ChallengeLayout(std::string split) : split_(std::move(split)) {}

  // "train_images", "train_labels"; of other fields "train_FIELD".
  std::string volume_folder(const std::string& field) const;
  std::string fields_folder() const { return split_ + "_fields"; }

 private:
  std::string split_;
};

// Whether the schema is what the readers of the layout make of it without being told: image, label,
// scroll (a number) and nonzero_box, as pack-volumes stores them.
bool is_plain_challenge_schema(const Schema& schema);

// Of the field "scroll", where scrolls have names.
std::vector<std::string> scroll_names_of(const Schema& schema);

}  // namespace stoker
