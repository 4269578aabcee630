// One split out of several packed data sets: their shards one after the other, as if they had been
// packed together. A single data set is the plain case.
//
// Ownership: owns the mappings. Thread-safety: const, any number of threads. Errors: those of
// PackedDataset; InvalidArgument where the sets do not go together (fields, classes, one folder
// given twice), naming both.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "libdata/shard/packed_dataset.h"

namespace stoker {

struct JoinedSplit {
  PackedSplit split;
  Schema schema;
  std::vector<std::string> class_names;  // in index order; those of the first set
  std::string where;                     // the folders, for messages
  std::string fingerprint;               // of all packing plans, with the splits' names
  std::vector<std::string> notes;        // what a user should know: classes taken as one
};

// One data set and the split of it that is wanted.
struct ChosenSplit {
  PackedDataset* dataset;
  const PackedSplit* split;
};

// Takes the splits out of their data sets, which must not be asked for them any more.
// Precondition: at least one.
JoinedSplit join_splits(const std::vector<ChosenSplit>& chosen);

}  // namespace stoker
