// The samples that a network does worst and best on, out of any number, in the memory of a few.
//
// Plain value, one thread. Independent of the order in which samples come: of equal losses the
// lower id is the worse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stoker {

struct JudgedSample {
  uint64_t id = 0;    // of the split
  double loss = 0.0;  // what is not a number counts as worse than any
  int64_t label = 0;
  int64_t prediction = 0;
  double probability = 0.0;  // of the prediction
};

class ExtremeSamples {
 public:
  explicit ExtremeSamples(size_t most = 16) : most_(most) {}

  void add(const JudgedSample& sample);
  // The highest losses first, and the lowest first: at most `most`, and no sample in both.
  std::vector<JudgedSample> worst() const;
  std::vector<JudgedSample> best() const;

 private:
  size_t most_;
  size_t count_ = 0;
  std::vector<JudgedSample> worst_;  // a heap, the least bad of them in front
  std::vector<JudgedSample> best_;   // a heap, the least good of them in front
};

}  // namespace stoker
