// What happens to each sample between a reader and an output: encoded, cut into bricks, turned into
// features.
//
// Thread-safety: everything may be called from many threads at once; a sample belongs to one of
// them. Ownership: a transform outlives the samples it has worked on. Errors of apply are about
// that sample.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

class SampleTransform {
 public:
  virtual ~SampleTransform() = default;

  // Of what comes out. A transform is made for the schema that goes in: its constructor throws
  // InvalidArgument where that lacks what it works on.
  virtual const Schema& schema() const = 0;
  // The options that shape the bytes it makes: they enter the fingerprint and the manifest.
  virtual std::map<std::string, std::string> describe() const = 0;
  // PlannedItem::estimated_bytes of the result; `item` has that of the input.
  virtual uint64_t estimate(const PlannedItem& item) const = 0;
  // In place: values of the input's schema become those of schema().
  virtual void apply(Sample& sample) const = 0;
};

}  // namespace stoker
