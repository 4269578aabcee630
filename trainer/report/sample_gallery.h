// The samples that a validation did worst and best on, as a report shows them.
//
// Plain values.
#pragma once

#include <string>
#include <vector>

namespace stoker {

struct ShownSample {
  std::string name;
  double score = 0.0;
  // Of classes; empty, and 0, for what has none.
  std::string label;
  std::string prediction;
  double probability = 0.0;  // of the prediction
  std::string picture = "";  // as a data: URI; empty: none
};

struct SampleGallery {
  std::string score;         // what `score` is: "loss", "Dice"
  bool high_is_bad = false;  // of a loss
  std::vector<ShownSample> worst;
  std::vector<ShownSample> best;

  bool empty() const { return worst.empty() && best.empty(); }
};

}  // namespace stoker
