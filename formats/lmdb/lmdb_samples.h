// Which entries of an LMDB file make which sample: the conventions by which people store images.
//
//   values alone    a key an image file; the key is the sample's name (LSUN, BasicSR)
//   numbered        image-000000001, label-000000001 ..., num-samples beside them (ASTER, CRNN)
//   pickled pairs   (image, label), __len__ and __keys__ beside them (folder2lmdb); pickles are
//                   parsed, never executed
//   databases       named ones of equal keys, one a column: images, labels
// Numbers that are written as text are numbers. Thread-safety: pure functions. Ownership: places in
// the mapped file. Errors: Corrupt where entries are missing; Unsupported for values of other
// conventions, naming what they look like.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "formats/lmdb/lmdb_tree.h"
#include "formats/records/record_file.h"

namespace stoker {

enum class LmdbForm : uint8_t { kBytes, kText, kNumber, kPickledPair };

struct LmdbColumn {
  RecordColumn column;
  LmdbForm form = LmdbForm::kBytes;
  bool operator==(const LmdbColumn&) const = default;
};

// As record columns and values: a pickled pair is one value and two columns.
struct LmdbSamples {
  std::vector<LmdbColumn> columns;
  std::vector<std::string> names;  // one a sample
  std::vector<LmdbEntry> values;   // one a sample and column, but one a pair; sample by sample
  std::vector<SampleNote> notes;

  size_t values_per_sample() const { return values.size() / names.size(); }
};

// Of one database. `integer_keys`: they are numbers of this machine.
LmdbSamples lmdb_samples(ByteSpan file, const LmdbMeta& meta, const std::vector<LmdbEntry>& entries,
                         bool integer_keys);
// Of several, called by their names, whose keys are the same.
struct LmdbDatabase {
  std::string name;
  std::vector<LmdbEntry> entries;
  bool integer_keys = false;
};
LmdbSamples lmdb_samples(ByteSpan file, const LmdbMeta& meta,
                         const std::vector<LmdbDatabase>& databases);

}  // namespace stoker
