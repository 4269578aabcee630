// Any bytes as an index of MDS shards, as a shard, and as a sample: an Error, or values within it.
#include <cstdlib>

#include "formats/mds/mds_index.h"
#include "formats/mds/mds_shard.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace {

template <typename Work>
void attempt(Work work) {
  try {
    work();
  } catch (const stoker::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan bytes(data, size);
  attempt([&] { stoker::parse_mds_index(stoker::as_text(bytes)); });
  if (size < 4) return 0;
  attempt([&] {
    const auto offsets = stoker::parse_mds_offsets(bytes, stoker::load_le<uint32_t>(data));
    if (offsets.back() > size) std::abort();
  });
  for (const char* encoding : {"pil", "ndarray", "ndarray:int16", "ndarray::2,3", "str_int"}) {
    attempt([&] {
      stoker::Sample memory;
      stoker::Record record;
      stoker::decode_mds_sample(bytes, {stoker::parse_mds_encoding(encoding)}, memory, record);
      for (const stoker::RecordCell& cell : record.cells)
        if (cell.bytes.size() > 8 * size + 8) std::abort();
    });
  }
  return 0;
}
