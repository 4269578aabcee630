#include "formats/zarr/zarr_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "formats/zarr/zarr_fill.h"
#include "libdata/core/error.h"
#include "libdata/sample/schema_json.h"

namespace stoker {
namespace {

constexpr size_t kMostAxes = 32;
constexpr int kDeepestSharding = 4;
constexpr auto kMostBytes = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());

[[noreturn]] void refuse_metadata(const std::string& why) {
  throw Error(ErrorCode::kUnsupported, why);
}
[[noreturn]] void damaged(const std::string& why) {
  throw Error(ErrorCode::kCorrupt, why);
}

std::vector<uint64_t> read_extents(const Json& json, const char* what, bool zeros) {
  std::vector<uint64_t> extents;
  for (const Json& extent : json)
    extents.push_back(read_uint64(extent));
  if (!json.is_array() || extents.size() > kMostAxes) damaged(fmt::format("no {}", what));
  const bool empty = std::find(extents.begin(), extents.end(), 0u) != extents.end();
  if (empty && !zeros) damaged(fmt::format("{} with an extent of 0", what));
  return extents;
}

uint64_t bytes_of(const std::vector<uint64_t>& shape, const ElementType& type, const char* what) {
  uint64_t bytes = type.size_bytes;
  for (const uint64_t extent : shape) {
    if (extent != 0 && bytes > kMostBytes / extent) {
      damaged(fmt::format("{} ({}) is more than any file holds", what, fmt::join(shape, ", ")));
    }
    bytes *= extent;
  }
  return bytes;
}

// "<u2", ">f8", "|b1".
ElementType type_of_v2(const Json& json, bool& big_endian) {
  if (!json.is_string()) refuse_metadata("elements of dtype " + json.dump() + " (a structure)");
  const auto text = json.get<std::string>();
  ElementType type;
  const bool order = text.size() == 3 && std::string_view("<>|=").find(text[0]) < 4;
  const std::string_view kinds = "buif";
  const size_t kind = text.size() == 3 ? kinds.find(text[1]) : std::string_view::npos;
  if (!order || kind == std::string_view::npos) refuse_metadata("elements of dtype '" + text + "'");
  type.kind = static_cast<ElementKind>(kind);
  type.size_bytes = static_cast<uint8_t>(text[2] - '0');
  constexpr std::string_view kSizes[] = {"1", "1248", "1248", "248"};
  if (kSizes[kind].find(text[2]) == std::string_view::npos) {
    refuse_metadata("elements of dtype '" + text + "'");
  }
  big_endian = text[0] == '>' && type.size_bytes > 1;
  return type;
}

ElementType type_of_v3(const Json& json) {
  const auto name = (json.is_object() ? json.at("name") : json).get<std::string>();
  for (const ElementKind kind :
       {ElementKind::kBool, ElementKind::kUnsigned, ElementKind::kSigned, ElementKind::kFloat}) {
    for (const int size : {1, 2, 4, 8}) {
      const ElementType type{kind, static_cast<uint8_t>(size), false};
      const bool is_real =
          kind == ElementKind::kBool ? size == 1 : kind != ElementKind::kFloat || size > 1;
      if (is_real && element_type_name(type) == name) return type;
    }
  }
  refuse_metadata("elements of data type '" + name + "'");
}

const Json& configuration_of(const Json& json) {
  static const Json kNone = Json::object();
  return json.is_object() && json.contains("configuration") ? json.at("configuration") : kNone;
}
std::string name_of(const Json& json) {
  return (json.is_object() ? json.at("name") : json).get<std::string>();
}

char separator_of(const Json& configuration, const char* usual) {
  const std::string separator = configuration.value("separator", std::string(usual));
  if (separator != "." && separator != "/") damaged("dimension separator '" + separator + "'");
  return separator[0];
}

std::vector<size_t> transpose_order(const Json& json, size_t rank) {
  std::vector<size_t> order;
  if (json == "C") return order;
  if (json == "F") {
    for (size_t axis = rank; axis-- > 0;)
      order.push_back(axis);
    return order;
  }
  std::vector<bool> seen(rank, false);
  for (const Json& axis : json) {
    const uint64_t at = read_uint64(axis);
    if (at >= rank || seen[at]) damaged("transpose: order " + json.dump());
    seen[at] = true;
    order.push_back(at);
  }
  if (order.size() != rank) damaged("transpose: order " + json.dump());
  return order;
}

class CodecReader {
 public:
  explicit CodecReader(const ElementType& type) : type_(type) {}

  ZarrCodecs read(const Json& list, std::vector<uint64_t> shape, int depth) const {
    if (!list.is_array()) damaged("no list of codecs");
    ZarrCodecs codecs;
    bool has_bytes = false;
    for (const Json& json : list) {
      const std::string name = name_of(json);
      const Json& configuration = configuration_of(json);
      if (name == "transpose" && !has_bytes) {
        add_transpose(configuration.at("order"), shape, codecs);
      } else if (name == "bytes" && !has_bytes) {
        const std::string endian = configuration.value("endian", std::string("little"));
        if (endian != "little" && endian != "big") damaged("bytes: endian '" + endian + "'");
        codecs.big_endian = endian == "big" && type_.size_bytes > 1;
        has_bytes = true;
      } else if (name == "sharding_indexed" && !has_bytes) {
        codecs.sharding = read_sharding(configuration, shape, depth);
        has_bytes = true;
      } else if (const auto packing = zarr_packing_named(name); packing && has_bytes) {
        codecs.packings.push_back(*packing);
      } else if (packing || name == "transpose" || name == "bytes" || name == "sharding_indexed") {
        damaged("codec '" + name + "' in this place of the list");
      } else {
        refuse_metadata("the codec '" + name + "'");
      }
    }
    if (!has_bytes) damaged("codecs without 'bytes' or 'sharding_indexed'");
    check_packings(codecs);
    return codecs;
  }

 private:
  static void add_transpose(const Json& order, std::vector<uint64_t>& shape, ZarrCodecs& codecs) {
    const std::vector<size_t> axes = transpose_order(order, shape.size());
    if (axes.empty()) return;
    const std::vector<uint64_t> before = shape;
    for (size_t axis = 0; axis < axes.size(); ++axis)
      shape[axis] = before[axes[axis]];
    codecs.transposes.push_back(axes);
  }

  static void check_packings(const ZarrCodecs& codecs) {
    const auto count =
        std::count_if(codecs.packings.begin(), codecs.packings.end(),
                      [](ZarrPacking packing) { return packing != ZarrPacking::kCrc32c; });
    if (count > 1) refuse_metadata("two packing codecs one behind the other");
    if (count > 0 && codecs.sharding) refuse_metadata("a packing codec behind sharding_indexed");
  }

  std::shared_ptr<const ZarrSharding> read_sharding(const Json& json,
                                                    const std::vector<uint64_t>& shape,
                                                    int depth) const {
    if (depth >= kDeepestSharding) refuse_metadata("shards in shards in shards");
    auto sharding = std::make_shared<ZarrSharding>();
    sharding->chunk_shape = read_extents(json.at("chunk_shape"), "chunk_shape", false);
    bool divides = sharding->chunk_shape.size() == shape.size();
    for (size_t axis = 0; divides && axis < shape.size(); ++axis)
      divides = shape[axis] % sharding->chunk_shape[axis] == 0;
    if (!divides) damaged("sharding_indexed: inner chunks do not divide the shard");
    sharding->codecs = read(json.at("codecs"), sharding->chunk_shape, depth + 1);
    const CodecReader numbers({ElementKind::kUnsigned, 8, false});
    sharding->index_codecs = numbers.read(json.at("index_codecs"), {1}, depth + 1);
    const ZarrCodecs& index = sharding->index_codecs;
    const bool plain = std::all_of(index.packings.begin(), index.packings.end(),
                                   [](ZarrPacking p) { return p == ZarrPacking::kCrc32c; });
    if (!plain || index.sharding || !index.transposes.empty()) {
      refuse_metadata("sharding_indexed: an index that is packed or transposed");
    }
    const std::string place = json.value("index_location", std::string("end"));
    if (place != "end" && place != "start") damaged("index_location '" + place + "'");
    sharding->index_at_end = place == "end";
    return sharding;
  }

  ElementType type_;
};

ZarrArrayInfo read_v2(const Json& json) {
  if (read_uint64(json.at("zarr_format")) != 2)
    refuse_metadata("zarr_format " + json["zarr_format"].dump());
  ZarrArrayInfo info;
  info.shape = read_extents(json.at("shape"), "shape", true);
  info.chunk_shape = read_extents(json.at("chunks"), "chunks", false);
  info.type = type_of_v2(json.at("dtype"), info.codecs.big_endian);
  const std::string order = json.value("order", std::string("C"));
  if (order != "C" && order != "F") damaged("order '" + order + "'");
  if (order == "F" && info.shape.size() > 1) {
    info.codecs.transposes.push_back(transpose_order("F", info.shape.size()));
  }
  if (json.contains("filters") && !json["filters"].is_null()) {
    for (const Json& filter : json["filters"])
      refuse_metadata("the filter '" + filter.value("id", std::string("?")) + "'");
  }
  if (const Json& compressor = json.at("compressor"); !compressor.is_null()) {
    const auto id = compressor.at("id").get<std::string>();
    const auto packing = zarr_packing_named(id);
    if (!packing || *packing == ZarrPacking::kCrc32c)
      refuse_metadata("the compressor '" + id + "'");
    info.codecs.packings.push_back(*packing);
  }
  info.fill = parse_zarr_fill(info.type, json.contains("fill_value") ? json["fill_value"] : Json());
  info.separator = '.';
  if (json.contains("dimension_separator") && !json["dimension_separator"].is_null()) {
    const auto separator = json["dimension_separator"].get<std::string>();
    if (separator != "." && separator != "/") damaged("dimension_separator '" + separator + "'");
    info.separator = separator[0];
  }
  return info;
}

void read_grid(const Json& json, ZarrArrayInfo& info) {
  const std::string name = name_of(json);
  if (name != "regular") refuse_metadata("the chunk grid '" + name + "'");
  info.chunk_shape = read_extents(configuration_of(json).at("chunk_shape"), "chunk_shape", false);
}

void read_keys(const Json& json, ZarrArrayInfo& info) {
  const std::string name = name_of(json);
  if (name != "default" && name != "v2") refuse_metadata("the chunk key encoding '" + name + "'");
  info.key_has_c = name == "default";
  info.separator = separator_of(configuration_of(json), info.key_has_c ? "/" : ".");
}

void refuse_extensions(const Json& json) {
  constexpr std::string_view kKnown[] = {
      "zarr_format",          "node_type",          "shape",      "data_type",
      "chunk_grid",           "fill_value",         "attributes", "dimension_names",
      "storage_transformers", "chunk_key_encoding", "codecs"};
  for (const auto& [key, value] : json.items()) {
    if (std::find(std::begin(kKnown), std::end(kKnown), key) != std::end(kKnown)) continue;
    const bool optional = value.is_object() && value.value("must_understand", true) == false;
    if (!optional) refuse_metadata("the extension '" + key + "'");
  }
  if (json.contains("storage_transformers") && !json["storage_transformers"].empty()) {
    refuse_metadata("storage transformers");
  }
}

ZarrArrayInfo read_v3(const Json& json) {
  if (read_uint64(json.at("zarr_format")) != 3)
    refuse_metadata("zarr_format " + json["zarr_format"].dump());
  if (json.at("node_type") != "array") damaged("node_type is not 'array'");
  refuse_extensions(json);
  ZarrArrayInfo info;
  info.shape = read_extents(json.at("shape"), "shape", true);
  info.type = type_of_v3(json.at("data_type"));
  read_grid(json.at("chunk_grid"), info);
  read_keys(json.at("chunk_key_encoding"), info);
  info.fill = parse_zarr_fill(info.type, json.at("fill_value"));
  info.codecs = CodecReader(info.type).read(json.at("codecs"), info.chunk_shape, 0);
  if (json.contains("dimension_names") && json["dimension_names"].is_array()) {
    for (const Json& name : json["dimension_names"])
      info.dimension_names.push_back(name.is_string() ? name.get<std::string>() : "");
    if (info.dimension_names.size() != info.shape.size()) damaged("not one dimension name an axis");
  }
  return info;
}

}  // namespace

uint64_t ZarrArrayInfo::chunk_bytes() const {
  return bytes_of(chunk_shape, type, "a chunk of");
}

ZarrArrayInfo parse_zarr_array(int format, std::string_view text) {
  ZarrArrayInfo info;
  read_json(text, format == 2 ? ".zarray" : "zarr.json",
            [&](const Json& json) { info = format == 2 ? read_v2(json) : read_v3(json); });
  if (info.shape.size() != info.chunk_shape.size())
    damaged("chunks of another rank than the array");
  bytes_of(info.shape, info.type, "a shape of");
  // Of chunks that reach past the end, and of all of them together.
  info.chunk_bytes();
  std::vector<uint64_t> padded;
  for (size_t axis = 0; axis < info.shape.size(); ++axis) {
    const uint64_t chunk = info.chunk_shape[axis];
    if (info.shape[axis] > kMostBytes - chunk) damaged("an axis that is longer than any");
    padded.push_back((info.shape[axis] + chunk - 1) / chunk * chunk);
  }
  bytes_of(padded, info.type, "a shape, in whole chunks, of");
  return info;
}

std::string zarr_chunk_key(const ZarrArrayInfo& info, const std::vector<uint64_t>& place) {
  std::string key = fmt::format("{}", fmt::join(place, std::string(1, info.separator)));
  if (!info.key_has_c) return key.empty() ? "0" : key;
  return key.empty() ? "c" : fmt::format("c{}{}", info.separator, key);
}

}  // namespace stoker
