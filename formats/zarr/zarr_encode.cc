#include "formats/zarr/zarr_encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "formats/hdf5/box_copy.h"
#include "formats/stacked/element_type.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

Json codecs_json(DType dtype, const ZarrCompression& compression) {
  Json codecs =
      Json::array({Json{{"name", "bytes"}, {"configuration", Json{{"endian", "little"}}}}});
  const size_t size = dtype_size(dtype);
  if (compression.name == "blosc") {
    codecs.push_back(Json{{"name", "blosc"},
                          {"configuration", Json{{"typesize", size},
                                                 {"cname", "zstd"},
                                                 {"clevel", compression.level},
                                                 {"shuffle", size > 1 ? "shuffle" : "noshuffle"},
                                                 {"blocksize", 0}}}});
  } else if (compression.name == "zstd") {
    codecs.push_back(
        Json{{"name", "zstd"},
             {"configuration", Json{{"level", compression.level}, {"checksum", false}}}});
  } else if (compression.name == "gzip") {
    // Those of libdeflate go up to 12; others know 9, and readers do not ask.
    codecs.push_back(
        Json{{"name", "gzip"}, {"configuration", Json{{"level", std::min(compression.level, 9)}}}});
  }
  return codecs;
}

}  // namespace

std::string zarr_array_json(const ZarrWritten& array, const ZarrCompression& compression) {
  const bool real = array.dtype == DType::kFloat16 || array.dtype == DType::kFloat32;
  Json json{{"zarr_format", 3},
            {"node_type", "array"},
            {"shape", array.shape},
            {"data_type", element_type_name(element_type_of(array.dtype))},
            {"chunk_grid", Json{{"name", "regular"},
                                {"configuration", Json{{"chunk_shape", array.chunk_shape}}}}},
            {"chunk_key_encoding",
             Json{{"name", "default"}, {"configuration", Json{{"separator", "/"}}}}},
            {"fill_value", real ? Json(0.0) : Json(0)},
            {"codecs", codecs_json(array.dtype, compression)},
            {"attributes", Json::parse(array.attributes)}};
  if (!array.dimension_names.empty()) json["dimension_names"] = array.dimension_names;
  return json.dump(1) + "\n";
}

std::string zarr_group_json(const std::string& attributes) {
  return Json{{"zarr_format", 3}, {"node_type", "group"}, {"attributes", Json::parse(attributes)}}
             .dump(1) +
         "\n";
}

std::string written_chunk_key(const std::vector<uint64_t>& place) {
  return fmt::format("c/{}", fmt::join(place, "/"));
}

Bytes encode_zarr_chunk(DType dtype, const ZarrCompression& compression, ByteSpan bytes) {
  Bytes packed;
  const bool zero = std::all_of(bytes.begin(), bytes.end(), [](uint8_t b) { return b == 0; });
  if (!zero) pack_zarr(compression, bytes, dtype_size(dtype), packed);
  return packed;
}

std::vector<Bytes> encode_zarr_chunks(const ZarrWritten& array, const ZarrCompression& compression,
                                      ByteSpan elements) {
  std::vector<uint64_t> grid;
  uint64_t count = 1;
  uint64_t chunk_bytes = dtype_size(array.dtype);
  for (size_t axis = 0; axis < array.shape.size(); ++axis) {
    grid.push_back((array.shape[axis] + array.chunk_shape[axis] - 1) / array.chunk_shape[axis]);
    count *= grid.back();
    chunk_bytes *= array.chunk_shape[axis];
  }
  const ArrayBox whole{std::vector<uint64_t>(array.shape.size(), 0), array.shape};
  std::vector<Bytes> chunks(count);
  run_parallel(count, [&](uint64_t i) {
    ArrayBox part{std::vector<uint64_t>(grid.size()), array.chunk_shape};
    uint64_t rest = i;
    for (size_t axis = grid.size(); axis-- > 0;) {
      part.start[axis] = rest % grid[axis] * array.chunk_shape[axis];
      rest /= grid[axis];
    }
    Bytes chunk(chunk_bytes, 0);
    copy_box(whole, elements, part, chunk, dtype_size(array.dtype));
    chunks[i] = encode_zarr_chunk(array.dtype, compression, chunk);
  });
  return chunks;
}

}  // namespace stoker
