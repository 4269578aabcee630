// Runs the instructions of a pickle that build data, and refuses all others. Internal to
// pickle_values.cc. Thread-safety, errors: as pickle_values.h.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "formats/cifar/pickle_values.h"

namespace stoker {

struct PickleRun {
  std::vector<PickleValue> values;
  std::deque<Bytes> decoded;  // bytes that were written as Latin-1 text
  std::unordered_map<PickleIndex, ByteSpan> decoded_texts;
  PickleIndex root = 0;
};

void run_pickle(ByteSpan pickle, PickleRun& out);

}  // namespace stoker
