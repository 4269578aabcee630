#include "libdata/sample/source_reader.h"

#include "libdata/sample/source_record.h"

namespace stoker {

uint64_t SourceReader::hash_source(uint64_t item) const {
  return hash_files(source_files(item));
}

uint64_t SourceReader::hash_by_reading(uint64_t item) const {
  thread_local Sample sample;
  sample.clear();
  sample.item = item;
  read(sample);
  return sample.source_hash;
}

}  // namespace stoker
