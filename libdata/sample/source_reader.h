// Where samples come from, whatever its format: what it holds is known before a sample is read.
//
// Thread-safety: everything may be called from many threads at once. Ownership: a reader outlives
// the samples it has filled. Errors of read (Corrupt, Unsupported, NotFound, Io) are about that
// sample and carry the path and the place of the fault.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"

namespace stoker {

// One sample of a source, found without reading it.
struct PlannedItem {
  std::string name;              // sample name, unique in its split
  uint64_t estimated_bytes = 0;  // what it will take, as far as the listing can tell
  size_t split = 0;              // index into the splits of the source
  uint64_t content_key = 0;      // goes into the fingerprint: source size, label ...
};

struct SourceEntry {
  std::string name;  // base name of the file or folder the user gave
  uint64_t size_bytes = 0;
};

// What a source says of itself as a whole.
struct SourceFacts {
  std::vector<std::string> class_names;      // in index order; empty where there are no classes
  std::vector<std::string> splits{"train"};  // those that PlannedItem::split counts
  std::vector<SourceEntry> sources;          // for provenance
  std::vector<SampleNote> notes;             // found while listing: what was left out, and why
};

enum class SourceAccess {
  kRandom,  // items may be read in any order
  // Only as they are numbered can items be read without reading the source many times: read is
  // called one at a time, for rising items, some of which may be passed over.
  kInOrder,
};

class SourceReader {
 public:
  virtual ~SourceReader() = default;

  virtual const Schema& schema() const = 0;
  virtual const SourceFacts& facts() const = 0;
  virtual const std::vector<PlannedItem>& items() const = 0;
  virtual SourceAccess access() const { return SourceAccess::kRandom; }

  // Fills a cleared sample with items()[sample.item], one value a field of the schema. Of what a
  // failed read has set, only the place (source_path, source_offset_bytes) and the hash count.
  virtual void read(Sample& sample) const = 0;
  // Starts reading the item's bytes ahead, and returns at once.
  virtual void prefetch(uint64_t) const {}

  // The class index of an item, where that is known without reading it.
  virtual std::optional<int64_t> label(uint64_t) const { return std::nullopt; }

  // Whether the next two are answered: then a resumed run sees sources that have changed.
  virtual bool tells_changes() const { return true; }
  // The files that an item's bytes come from; none where content_key says all.
  virtual std::vector<std::filesystem::path> source_files(uint64_t item) const = 0;
  // Of the bytes an item comes from; unless a reader says otherwise, of the whole of its files.
  virtual uint64_t hash_source(uint64_t item) const;

 protected:
  // The source_hash that read gives the item: hash_source of readers that hash values.
  uint64_t hash_by_reading(uint64_t item) const;
};

}  // namespace stoker
