// Any bytes as an LMDB file, and as the value of an entry: an Error, or values within them.
#include <cstdlib>

#include "formats/lmdb/lmdb_samples.h"
#include "formats/lmdb/lmdb_value.h"
#include "libdata/core/error.h"

namespace {

using stoker::ByteSpan;
using stoker::LmdbEntry;

void walk(ByteSpan file) {
  const stoker::LmdbMeta meta = stoker::parse_lmdb_meta(file);
  stoker::LmdbWalker walker(file, meta);
  const std::vector<LmdbEntry> entries = walker.walk(meta.main);
  for (const LmdbEntry& entry : entries) {
    if (entry.value_offset > file.size() || entry.value_bytes > file.size() - entry.value_offset)
      std::abort();
    if (!entry.is_tree) continue;
    const stoker::LmdbTree tree = stoker::parse_lmdb_tree(stoker::lmdb_value(file, meta, entry));
    stoker::lmdb_samples(file, meta, walker.walk(tree), stoker::has_integer_keys(tree));
  }
  stoker::lmdb_samples(file, meta, entries, stoker::has_integer_keys(meta.main));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteSpan bytes(data, size);
  stoker::looks_like_lmdb(bytes);
  stoker::looks_like_datum(bytes);
  stoker::pickled_keys(bytes);
  try {
    walk(bytes);
  } catch (const stoker::Error&) {
  }
  try {
    stoker::Sample memory;
    stoker::decode_pickled_pair(bytes, memory);
  } catch (const stoker::Error&) {
  }
  return 0;
}
