// What one TFRecord file holds: where its records lie, and which features they have, found through
// small windows, without reading what is large.
//
// A record whose features are others than those of the records before it is read in whole and its
// checksum tried before it is believed: damage in one record changes neither schema nor classes.
//
// Thread-safety: free functions. Errors: Corrupt where a length does not match its checksum or
// reaches past the end: nothing behind it can be found. Unsupported for SequenceExamples.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "formats/byte_source.h"
#include "formats/tfrecord/example_features.h"
#include "formats/tfrecord/record_frame.h"

namespace stoker {

// Of one feature, over records that have it.
struct FeatureFacts {
  FeatureKind kind = FeatureKind::kNone;
  uint64_t records = 0;
  uint64_t min_count = ~uint64_t{0};  // of values
  uint64_t max_count = 0;
  bool is_text = true;       // of bytes: short, and UTF-8
  bool holds_images = true;  // of bytes: the first ones begin as image files do
};

// Which features say what a listing needs; the first that a record has, of each.
struct ListingKeys {
  std::vector<std::string> names;        // bytes
  std::vector<std::string> labels;       // int64, or text
  std::vector<std::string> class_texts;  // bytes
};

struct ListedRecord {
  RecordPlace place;
  std::string name;      // empty where it has none
  std::string label;     // as text; empty where it has none
  size_t label_key = 0;  // which of ListingKeys::labels it is
  bool damaged = false;  // reading it will say how
};

// By label: the text that all records of that label have; empty where they differ.
using ClassTexts = std::map<std::string, std::string>;

struct RecordListing {
  std::vector<ListedRecord> records;
  std::map<std::string, FeatureFacts> features;
  std::vector<ClassTexts> class_texts;  // one for each of ListingKeys::class_texts
  std::vector<SampleNote> notes;
};

// With `skip_damaged`, of a file with a damaged frame: what lies before, and a note.
RecordListing list_records(const ByteSource& source, const ListingKeys& keys, bool skip_damaged);

// As if all had been one file. Unsupported where a feature is of two kinds.
void join_features(std::map<std::string, FeatureFacts>& features,
                   const std::map<std::string, FeatureFacts>& more);
void join_class_texts(ClassTexts& texts, const ClassTexts& more);

}  // namespace stoker
