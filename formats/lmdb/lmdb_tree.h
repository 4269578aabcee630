// The pages of an LMDB file: two meta pages, and B+trees whose leaves hold keys and values.
//
// A walker of our own, because LMDB's library trusts the file. Every page is visited once at most,
// must carry its own number, and its nodes must fill it; counts and depth must be those of the
// tree's record. The last committed state is read; nobody may write to the file meanwhile.
// Thread-safety: pure functions over the mapped file. Ownership: keys point into it. Errors:
// Corrupt with the byte offset; Unsupported for files of other versions, word sizes and byte
// orders, and for trees that hold several values under a key. Source: LMDB 0.9,
// libraries/liblmdb/mdb.c.
#pragma once

#include <cstdint>
#include <vector>

#include "libdata/core/arrays.h"

namespace stoker {

// The record of a tree, in a meta page or, of a named one, among the values of the main tree.
struct LmdbTree {
  uint16_t flags = 0;
  uint16_t depth = 0;
  uint64_t branch_pages = 0;
  uint64_t leaf_pages = 0;
  uint64_t overflow_pages = 0;
  uint64_t entries = 0;
  uint64_t root = 0;  // a page; all bits set: the tree is empty
};

struct LmdbMeta {
  uint64_t page_bytes = 0;
  uint64_t last_page = 0;
  uint64_t transaction = 0;
  LmdbTree main;
};

struct LmdbEntry {
  ByteSpan key;
  uint64_t value_offset = 0;  // in the file
  uint64_t value_bytes = 0;
  uint64_t node_offset = 0;
  bool is_tree = false;      // the value is the record of a named tree
  bool is_overflow = false;  // the value lies in pages of its own
};

// Whether a file begins as one, also of the kinds that are refused.
bool looks_like_lmdb(ByteSpan front);

// The newer of the two meta pages.
LmdbMeta parse_lmdb_meta(ByteSpan file);
LmdbTree parse_lmdb_tree(ByteSpan record);
bool has_integer_keys(const LmdbTree& tree);

// All trees of one file share no page.
class LmdbWalker {
 public:
  LmdbWalker(ByteSpan file, const LmdbMeta& meta);
  // In the order of the keys.
  std::vector<LmdbEntry> walk(const LmdbTree& tree);

 private:
  struct Count {
    uint64_t branch_pages = 0;
    uint64_t leaf_pages = 0;
    uint64_t overflow_pages = 0;
  };
  ByteSpan take_page(uint64_t page, uint64_t told_at);
  void walk_page(const LmdbTree& tree, uint64_t page, uint64_t told_at, uint16_t depth,
                 Count& count, std::vector<LmdbEntry>& entries);
  LmdbEntry parse_leaf(ByteSpan node, uint64_t node_offset, Count& count);
  uint64_t stored_overflow_pages(const std::vector<LmdbEntry>& entries) const;

  ByteSpan file_;
  LmdbMeta meta_;
  std::vector<bool> seen_;  // pages
};

// The value of an entry. Corrupt where the pages of its own that it lies in are not such.
ByteSpan lmdb_value(ByteSpan file, const LmdbMeta& meta, const LmdbEntry& entry);

}  // namespace stoker
