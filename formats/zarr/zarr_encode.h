// Arrays and groups as Zarr version 3 has them: metadata, and the chunks of a value.
//
// Thread-safety: pure functions; encode_zarr_chunks uses many threads inside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/zarr/zarr_packing.h"
#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

struct ZarrWritten {
  DType dtype = DType::kUInt8;
  std::vector<uint64_t> shape;
  std::vector<uint64_t> chunk_shape;
  std::vector<std::string> dimension_names;  // empty: none
  std::string attributes = "{}";             // JSON
};

// zarr.json.
std::string zarr_array_json(const ZarrWritten& array, const ZarrCompression& compression);
std::string zarr_group_json(const std::string& attributes);

// "c/0/1/2".
std::string written_chunk_key(const std::vector<uint64_t>& place);

// The packed bytes of each chunk in C order of the grid; empty where all elements are 0, which is
// the fill value: such chunks are not stored.
std::vector<Bytes> encode_zarr_chunks(const ZarrWritten& array, const ZarrCompression& compression,
                                      ByteSpan elements);
// Of one chunk, `bytes` being its elements.
Bytes encode_zarr_chunk(DType dtype, const ZarrCompression& compression, ByteSpan bytes);

}  // namespace stoker
