// The features of one tf.train.Example: their names, kinds and places, and the values that lie
// there.
//
// Thread-safety: free functions over a reader that belongs to one thread. Errors: Corrupt for bytes
// that are no Example; Unsupported for a tf.train.SequenceExample, and for more than 10,000
// features. Source: TensorFlow, core/example/feature.proto and example.proto.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/tfrecord/wire_reader.h"

namespace stoker {

enum class FeatureKind : uint8_t { kNone = 0, kBytes = 1, kFloat = 2, kInt64 = 3 };
const char* feature_kind_name(FeatureKind kind);

struct FeaturePlace {
  FeatureKind kind = FeatureKind::kNone;
  // Bodies of its list messages: one, unless a writer merged several.
  std::vector<WireRange> lists;
};
using Features = std::map<std::string, FeaturePlace>;  // by name; the last of a name counts

// Of the Example in `range`.
Features find_features(WireReader& reader, WireRange range);

uint64_t count_values(WireReader& reader, const FeaturePlace& feature);
// Where the first byte string lies; nothing where there is none.
std::optional<WireRange> first_bytes_value(WireReader& reader, const FeaturePlace& feature);

// All values, of a record in memory. Precondition: the feature is of that kind.
std::vector<int64_t> int64_values(ByteSpan record, const FeaturePlace& feature);
std::vector<float> float_values(ByteSpan record, const FeaturePlace& feature);

}  // namespace stoker
