// Metadata of a Zarr array, a zero byte, and the bytes of one chunk: an Error, or the elements that
// the metadata promises. A chunk with an index is read as a shard.
#include <algorithm>
#include <cstdlib>

#include "formats/zarr/ome_zarr.h"
#include "formats/zarr/zarr_chunk.h"
#include "formats/zarr/zarr_metadata.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace {

constexpr uint64_t kMostBytes = 1 << 20;  // more only costs time

void take(int format, std::string_view text, stoker::ByteSpan chunk) {
  const stoker::ZarrArrayInfo info = stoker::parse_zarr_array(format, text);
  if (info.chunk_bytes() > kMostBytes) return;
  const stoker::Bytes elements =
      stoker::decode_zarr_chunk({info.codecs, info.chunk_shape, info.type, info.fill}, chunk);
  if (elements.size() != info.chunk_bytes()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const stoker::ByteSpan bytes(data, size);
  const auto end = std::find(bytes.begin(), bytes.end(), uint8_t{0});
  const auto length = static_cast<size_t>(end - bytes.begin());
  const std::string_view text = stoker::as_text(bytes.first(length));
  const stoker::ByteSpan chunk = bytes.subspan(std::min(length + 1, size));
  for (const int format : {2, 3}) {
    try {
      take(format, text, chunk);
    } catch (const stoker::Error&) {
    }
  }
  try {
    stoker::parse_ome_image(text);
    stoker::parse_ome_labels(text);
  } catch (const stoker::Error&) {
  }
  return 0;
}
