#include "libdata/shard/shard_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/sample/schema_json.h"
#include "libdata/shard/index_columns.h"

namespace stoker {
namespace {

constexpr std::array<uint8_t, 65536> kZeros{};

// What the index keeps of one blob until finish().
struct BlobRow {
  uint64_t offset_bytes;
  uint64_t length_bytes;
  uint64_t hash;
  Extents shape;
  Extents original_shape;
  uint16_t flags;
  Codec codec;
};

struct FieldRows {
  std::vector<BlobRow> blobs;  // blob fields
  Bytes values;                // inline fields
};

void check_value(const Field& field, const FieldValue& value) {
  if (field.storage == Storage::kBlob) {
    if ((value.flags & ~kKnownSampleFlags) != 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("field '{}': unknown flags", field.name));
    }
    return;
  }
  const size_t expected =
      dtype_size(field.dtype) * static_cast<size_t>(field.inline_element_count());
  if (value.bytes.size() != expected) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("field '{}': expected {} bytes, found {}",
                                                         field.name, expected, value.bytes.size()));
  }
}

}  // namespace

struct ShardWriter::State {
  State(const std::filesystem::path& p, const ShardHeader& h, const Schema& s)
      : path(p), header(h), schema(s), rows(s.fields.size()), file(p) {}

  // Everything written passes here, so the file's hash is known when the last byte is out.
  void write(std::span<const ByteSpan> pieces) {
    for (const ByteSpan piece : pieces)
      hash.update(piece);
    file.write_gathered(pieces);
  }
  void write(ByteSpan bytes) { write({&bytes, 1}); }
  void pad_to(uint64_t alignment) {
    const uint64_t size = file.size();
    write(ByteSpan(kZeros).first(align_up(size, alignment) - size));
  }
  ShardSection write_section(ByteSpan bytes) {
    pad_to(kSectionAlignment);
    const ShardSection section{file.size(), bytes.size(), xxh3_64(bytes)};
    write(bytes);
    return section;
  }

  std::filesystem::path path;
  ShardHeader header;
  Schema schema;
  std::vector<FieldRows> rows;
  AtomicFile file;
  StreamHash128 hash;
  std::vector<uint64_t> name_ends{0};
  std::string names;
  uint64_t header_hash = 0;
};

namespace {

// Lays the columns of one blob field into the index.
void fill_blob_columns(const FieldColumns& columns, const std::vector<BlobRow>& rows, size_t rank,
                       uint8_t* index) {
  for (size_t i = 0; i < rows.size(); ++i) {
    const BlobRow& row = rows[i];
    store_le(index + columns.offsets + 8 * i, row.offset_bytes);
    store_le(index + columns.lengths + 8 * i, row.length_bytes);
    store_le(index + columns.hashes + 8 * i, row.hash);
    std::memcpy(index + columns.shapes + 4 * rank * i, row.shape.data(), 4 * rank);
    std::memcpy(index + columns.original_shapes + 4 * rank * i, row.original_shape.data(),
                4 * rank);
    store_le(index + columns.flags + 2 * i, row.flags);
    index[columns.codecs + i] = static_cast<uint8_t>(row.codec);
  }
}

Bytes build_index(const Schema& schema, const std::vector<FieldRows>& rows, uint64_t sample_count) {
  const IndexColumns layout = layout_index(schema, sample_count);
  Bytes index(layout.size_bytes);
  for (size_t f = 0; f < schema.fields.size(); ++f) {
    const FieldColumns& columns = layout.fields[f];
    if (schema.fields[f].storage == Storage::kInline) {
      std::copy(rows[f].values.begin(), rows[f].values.end(),
                index.begin() + static_cast<std::ptrdiff_t>(columns.values));
    } else {
      fill_blob_columns(columns, rows[f].blobs, static_cast<size_t>(schema.fields[f].rank()),
                        index.data());
    }
  }
  return index;
}

Bytes build_names(const std::vector<uint64_t>& name_ends, const std::string& names) {
  Bytes section(8 * name_ends.size() + names.size());
  std::memcpy(section.data(), name_ends.data(), 8 * name_ends.size());
  if (!names.empty())
    std::memcpy(section.data() + 8 * name_ends.size(), names.data(), names.size());
  return section;
}

std::string build_json(const Schema& schema, const ShardMeta& meta) {
  Json json;
  json["split"] = meta.split;
  json["schema"] = schema_to_json(schema);
  json["class_names"] = meta.class_names;
  json["skipped"] = notes_to_json(meta.skipped);
  json["normalized"] = notes_to_json(meta.normalized);
  // Names of files need not be UTF-8; JSON must be.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

ShardWriter::ShardWriter(const std::filesystem::path& path, const ShardHeader& header,
                         const Schema& schema) {
  check_schema(schema);
  state_ = std::make_unique<State>(path, header, schema);
  const auto bytes = encode_header(header);
  state_->header_hash = xxh3_64(bytes);
  state_->write(ByteSpan(bytes));
}

ShardWriter::~ShardWriter() = default;

void ShardWriter::append(std::string_view name, std::span<const FieldValue> values) {
  State& s = *state_;
  if (values.size() != s.schema.fields.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("sample '{}': expected {} values, found {}", name,
                            s.schema.fields.size(), values.size()));
  }
  for (size_t f = 0; f < values.size(); ++f)
    check_value(s.schema.fields[f], values[f]);
  for (size_t f = 0; f < values.size(); ++f) {
    const FieldValue& value = values[f];
    if (s.schema.fields[f].storage == Storage::kInline) {
      Bytes& column = s.rows[f].values;
      column.insert(column.end(), value.bytes.begin(), value.bytes.end());
      continue;
    }
    const uint64_t end = s.file.size();
    const uint64_t begin = align_up(end, s.header.alignment_bytes);
    const std::array<ByteSpan, 2> pieces{ByteSpan(kZeros).first(begin - end), value.bytes};
    s.write(pieces);
    s.rows[f].blobs.push_back({begin, value.bytes.size(),
                               value.hash != 0 ? value.hash : xxh3_64(value.bytes), value.shape,
                               value.original_shape, value.flags, value.codec});
  }
  s.names += name;
  s.name_ends.push_back(s.names.size());
}

uint64_t ShardWriter::sample_count() const {
  return state_->name_ends.size() - 1;
}
uint64_t ShardWriter::size_bytes() const {
  return state_->file.size();
}

ShardSummary ShardWriter::finish(const ShardMeta& meta) {
  State& s = *state_;
  ShardFooter footer;
  footer.sample_count = sample_count();
  footer.header_hash = s.header_hash;
  footer.index = s.write_section(build_index(s.schema, s.rows, footer.sample_count));
  footer.names = s.write_section(build_names(s.name_ends, s.names));
  footer.json = s.write_section(as_bytes(build_json(s.schema, meta)));
  s.pad_to(kSectionAlignment);
  footer.file_bytes = s.file.size() + kFooterBytes;
  s.write(ByteSpan(encode_footer(footer)));
  s.file.finish();
  return {s.path.filename().string(), footer.file_bytes, footer.sample_count, s.hash.digest()};
}

std::string shard_file_name(std::string_view split, uint32_t shard_index, uint32_t shard_count) {
  return fmt::format("{}-{:05}-of-{:05}.stk", split, shard_index, shard_count);
}

}  // namespace stoker
