#include "trainer/tensors/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little,
              "arrays are written as they lie in memory");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;
constexpr const char* kMetadataKey = "__metadata__";

struct DtypeSize {
  std::string_view name;
  uint64_t bytes;
};
constexpr DtypeSize kDtypes[] = {{"BOOL", 1}, {"U8", 1},   {"I8", 1},  {"I16", 2}, {"U16", 2},
                                 {"F16", 2},  {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},
                                 {"I64", 8},  {"U64", 8},  {"F64", 8}};

[[noreturn]] void corrupt(const std::string& message) {
  throw Error(ErrorCode::kCorrupt, "not a safetensors file: " + message);
}

// What torch.save writes: a zip, or before version 1.6 a bare pickle.
bool is_of_torch_save(ByteSpan file) {
  const std::string_view text = as_text(file);
  return text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02");
}

// json::parse keeps the last of two members of one name; the format allows no second one.
json parse_header(std::string_view text) {
  std::vector<std::set<std::string>> open_objects;
  const auto watch = [&](int, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) open_objects.emplace_back();
    if (event == json::parse_event_t::object_end) open_objects.pop_back();
    if (event == json::parse_event_t::key &&
        !open_objects.back().insert(value.get<std::string>()).second) {
      corrupt("'" + value.get<std::string>() + "' comes twice in the header");
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::exception& error) {
    corrupt(std::string("header is not JSON: ") + error.what());
  }
}

// Bytes of an array; Corrupt where an extent is negative or the product does not fit.
uint64_t array_bytes(const std::string& name, std::string_view dtype,
                     std::span<const int64_t> shape) {
  uint64_t bytes = safetensors_dtype_size(dtype);
  for (const int64_t extent : shape) {
    if (extent < 0 || __builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes)) {
      corrupt("shape of '" + name + "' is out of range");
    }
  }
  return bytes;
}

// The entry of one tensor; `bytes` is cut out of `data`, which holds all arrays.
TensorView parse_entry(const std::string& name, const json& entry, ByteSpan data) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("dtype") ||
      !entry.contains("shape") || !entry.contains("data_offsets")) {
    corrupt("expected dtype, shape and data_offsets for '" + name + "'");
  }
  const json& offsets = entry["data_offsets"];
  const auto is_unsigned = [](const json& value) { return value.is_number_unsigned(); };
  if (!entry["dtype"].is_string() || !entry["shape"].is_array() ||
      !std::all_of(entry["shape"].begin(), entry["shape"].end(), is_unsigned) ||
      !offsets.is_array() || offsets.size() != 2 ||
      !std::all_of(offsets.begin(), offsets.end(), is_unsigned)) {
    corrupt("members of '" + name + "' have the wrong type");
  }
  TensorView tensor{name, entry["dtype"], entry["shape"], {}};
  const uint64_t begin = offsets[0];
  const uint64_t end = offsets[1];
  if (begin > end || end > data.size()) {
    corrupt("'" + name + "' lies outside of the file's " + std::to_string(data.size()) +
            " bytes of arrays");
  }
  const uint64_t expected = array_bytes(name, tensor.dtype, tensor.shape);
  if (end - begin != expected) {
    corrupt("'" + name + "' has " + std::to_string(end - begin) + " bytes, its shape needs " +
            std::to_string(expected));
  }
  tensor.bytes = data.subspan(begin, end - begin);
  return tensor;
}

std::map<std::string, std::string> parse_metadata(const json& entry) {
  std::map<std::string, std::string> metadata;
  if (!entry.is_object()) corrupt("__metadata__ is not an object");
  for (const auto& [key, value] : entry.items()) {
    if (!value.is_string()) corrupt("__metadata__ holds something that is not text");
    metadata.emplace(key, value);
  }
  return metadata;
}

void check_packed(const std::vector<TensorView>& tensors, ByteSpan data) {
  const uint8_t* next = data.data();
  for (const TensorView& tensor : tensors) {
    if (tensor.bytes.data() != next) corrupt("a gap or an overlap before '" + tensor.name + "'");
    next += tensor.bytes.size();
  }
  if (next != data.data() + data.size()) corrupt("bytes after the last array");
}

}  // namespace

const TensorView* TensorTable::find(std::string_view name) const {
  for (const TensorView& tensor : tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

uint64_t safetensors_dtype_size(std::string_view dtype) {
  for (const DtypeSize& known : kDtypes) {
    if (known.name == dtype) return known.bytes;
  }
  throw Error(ErrorCode::kUnsupported, "safetensors dtype '" + std::string(dtype) + "'");
}

TensorTable parse_safetensors(ByteSpan file) {
  uint64_t header_bytes = 0;
  if (file.size() < sizeof header_bytes) corrupt("shorter than its length field");
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  if (header_bytes > kMaxHeaderBytes || header_bytes > file.size() - sizeof header_bytes) {
    if (is_of_torch_save(file)) {
      corrupt(
          "it looks like one of torch.save (.pth, .pt), which "
          "samples/torchvision_to_safetensors.py converts");
    }
    corrupt("header of " + std::to_string(header_bytes) + " bytes in a file of " +
            std::to_string(file.size()));
  }
  const std::string_view text = as_text(file.subspan(sizeof header_bytes, header_bytes));
  const ByteSpan data = file.subspan(sizeof header_bytes + header_bytes);
  if (!text.starts_with('{')) corrupt("header does not start with '{'");
  const json header = parse_header(text);
  TensorTable table;
  for (const auto& [name, entry] : header.items()) {
    if (name == kMetadataKey) {
      table.metadata = parse_metadata(entry);
    } else {
      table.tensors.push_back(parse_entry(name, entry, data));
    }
  }
  std::sort(table.tensors.begin(), table.tensors.end(),
            [](const TensorView& a, const TensorView& b) {
              return std::pair(a.bytes.data(), a.bytes.size()) <
                     std::pair(b.bytes.data(), b.bytes.size());
            });
  check_packed(table.tensors, data);
  return table;
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : file_(path) {
  try {
    table_ = parse_safetensors(file_.bytes());
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

std::string safetensors_header(std::span<const TensorView> tensors,
                               const std::map<std::string, std::string>& metadata) {
  ordered_json header = ordered_json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  std::set<std::string_view> names{kMetadataKey};
  uint64_t offset = 0;
  for (const TensorView& tensor : tensors) {
    if (!names.insert(tensor.name).second ||
        tensor.bytes.size() != array_bytes(tensor.name, tensor.dtype, tensor.shape)) {
      throw Error(ErrorCode::kInvalidArgument,
                  "tensor '" + tensor.name + "' comes twice, or its bytes do not match its shape");
    }
    const uint64_t end = offset + tensor.bytes.size();
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  return text;
}

WrittenFile write_safetensors(const std::filesystem::path& path,
                              std::span<const TensorView> tensors,
                              const std::map<std::string, std::string>& metadata) {
  const std::string header = safetensors_header(tensors, metadata);
  const uint64_t header_bytes = header.size();
  std::vector<ByteSpan> pieces{
      {reinterpret_cast<const uint8_t*>(&header_bytes), sizeof header_bytes}, as_bytes(header)};
  for (const TensorView& tensor : tensors) {
    if (!tensor.bytes.empty()) pieces.push_back(tensor.bytes);
  }
  AtomicFile file(path);
  file.write_gathered(pieces);
  StreamHash128 hash;
  for (const ByteSpan piece : pieces)
    hash.update(piece);
  const WrittenFile written{file.size(), hash.digest()};
  file.finish();
  return written;
}

}  // namespace stoker
