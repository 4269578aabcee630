#include "libdata/shard/shard_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "libdata/core/error.h"
#include "libdata/core/hash.h"
#include "libdata/sample/schema_json.h"
#include "libdata/shard/index_columns.h"

namespace stoker {
namespace {

// Keeps every product of sizes below 2^63; far above any real shard.
constexpr uint64_t kMaxSamples = uint64_t{1} << 40;

// Sections lie in a fixed order with nothing but padding between them, so that every byte of the
// file has one meaning.
void check_section_order(const ShardFooter& footer, uint64_t footer_at) {
  const ShardSection* sections[] = {&footer.index, &footer.names, &footer.json};
  uint64_t earliest = kHeaderBytes;
  for (const ShardSection* section : sections) {
    const bool inside = section->offset_bytes <= footer_at &&
                        section->size_bytes <= footer_at - section->offset_bytes;
    if (!inside || section->offset_bytes % kSectionAlignment != 0 ||
        section->offset_bytes < earliest) {
      corrupt_shard("shard footer: a section lies outside its place", footer_at);
    }
    earliest = section->offset_bytes + section->size_bytes;
  }
  const auto next_after = [](const ShardSection& section) {
    return align_up(section.offset_bytes + section.size_bytes, kSectionAlignment);
  };
  const bool adjacent = next_after(footer.index) == footer.names.offset_bytes &&
                        next_after(footer.names) == footer.json.offset_bytes &&
                        next_after(footer.json) == footer_at;
  if (!adjacent) corrupt_shard("shard footer: sections are not adjacent", footer_at);
}

uint64_t section_end(const ShardSection& section) {
  return section.offset_bytes + section.size_bytes;
}

void check_hash(ByteSpan file, const ShardSection& section, const char* what) {
  if (xxh3_64(file.subspan(section.offset_bytes, section.size_bytes)) != section.hash) {
    corrupt_shard(fmt::format("shard {} does not match its hash", what), section.offset_bytes);
  }
}

void check_zero(ByteSpan file, uint64_t begin, uint64_t end) {
  for (uint64_t i = begin; i < end; ++i) {
    if (file[i] != 0) corrupt_shard("padding between sections is not 0", i);
  }
}

}  // namespace

struct ShardReader::State {
  std::optional<MappedFile> mapping;
  Bytes owned;
  std::string path;
  ByteSpan bytes;
  ShardHeader header;
  ShardFooter footer;
  Schema schema;
  ShardMeta meta;
  IndexColumns columns;
  Bytes held;                      // the file from its index on, where that was asked for
  const uint8_t* index = nullptr;  // both in `bytes` or `held`
  const uint8_t* names = nullptr;

  void open();
  void hold_index();
  void check_names() const;
};

void ShardReader::State::open() {
  if (bytes.size() < kHeaderBytes + kFooterBytes) {
    header = decode_header(bytes);  // says so if it is no shard at all
    corrupt_shard("shard is cut short", bytes.size());
  }
  header = decode_header(bytes);
  const uint64_t footer_at = bytes.size() - kFooterBytes;
  footer = decode_footer(bytes.subspan(footer_at), footer_at);
  if (footer.file_bytes != bytes.size()) {
    corrupt_shard(
        fmt::format("expected a file of {} bytes, found {}", footer.file_bytes, bytes.size()),
        footer_at + 80);
  }
  if (footer.header_hash != xxh3_64(bytes.first(kHeaderBytes))) {
    corrupt_shard("shard footer belongs to another header", footer_at + 88);
  }
  if (footer.sample_count > kMaxSamples)
    corrupt_shard("shard footer: sample count", footer_at + 72);
  check_section_order(footer, footer_at);
  check_hash(bytes, footer.json, "JSON");
  const std::string_view text =
      as_text(bytes.subspan(footer.json.offset_bytes, footer.json.size_bytes));
  read_json(text, "shard JSON", [&](const Json& json) {
    schema = schema_from_json(json.at("schema"));
    meta.split = json.at("split").get<std::string>();
    meta.class_names = json.at("class_names").get<std::vector<std::string>>();
    meta.skipped = notes_from_json(json.at("skipped"));
    meta.normalized = notes_from_json(json.at("normalized"));
  });
  // Before any product of sizes is trusted: so many samples must fit the index.
  if (footer.sample_count > footer.index.size_bytes / index_bytes_a_sample(schema)) {
    corrupt_shard(fmt::format("index: {} bytes cannot hold {} samples", footer.index.size_bytes,
                              footer.sample_count),
                  footer.index.offset_bytes);
  }
  columns = layout_index(schema, footer.sample_count);
  if (footer.names.size_bytes < 8 * (footer.sample_count + 1)) {
    corrupt_shard("names: the table is cut short", footer.names.offset_bytes);
  }
  if (columns.size_bytes != footer.index.size_bytes) {
    corrupt_shard(fmt::format("index: expected {} bytes for {} samples, found {}",
                              columns.size_bytes, footer.sample_count, footer.index.size_bytes),
                  footer.index.offset_bytes);
  }
  check_hash(bytes, footer.index, "index");
  index = bytes.data() + footer.index.offset_bytes;
  names = bytes.data() + footer.names.offset_bytes;
  // The index was read once, in order, to check it; let its pages go again.
  if (mapping) mapping->dont_need(footer.index.offset_bytes, footer.index.size_bytes);
}

void ShardReader::State::hold_index() {
  if (!mapping || !held.empty()) return;
  const uint64_t begin = footer.index.offset_bytes;
  Bytes read = RangeFile(path).read(begin, bytes.size() - begin);
  const auto check = [&](const ShardSection& section, const char* what) {
    const ByteSpan found = ByteSpan(read).subspan(section.offset_bytes - begin, section.size_bytes);
    if (xxh3_64(found) == section.hash) return;
    corrupt_shard(fmt::format("shard {} does not match its hash", what), section.offset_bytes);
  };
  check(footer.index, "index");
  check(footer.names, "names");
  held = std::move(read);
  index = held.data();
  names = held.data() + (footer.names.offset_bytes - begin);
}

void ShardReader::State::check_names() const {
  check_hash(bytes, footer.names, "names");
  const uint64_t table_bytes = 8 * (footer.sample_count + 1);
  const uint8_t* table = bytes.data() + footer.names.offset_bytes;
  uint64_t previous = 0;
  for (uint64_t i = 0; i <= footer.sample_count; ++i) {
    const uint64_t end = load_le<uint64_t>(table + 8 * i);
    if (end < previous || (i == 0 && end != 0)) {
      corrupt_shard("names: ends are not in order", footer.names.offset_bytes + 8 * i);
    }
    previous = end;
  }
  if (previous != footer.names.size_bytes - table_bytes) {
    corrupt_shard("names: the text is not as long as the table says", footer.names.offset_bytes);
  }
}

ShardReader::ShardReader(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.path = path.string();
  s.mapping.emplace(path);
  s.bytes = s.mapping->bytes();
  try {
    s.open();
  } catch (const Error& error) {
    throw error.at(s.path);
  }
}

ShardReader::ShardReader(Bytes bytes, std::string name) : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.path = std::move(name);
  s.owned = std::move(bytes);
  s.bytes = s.owned;
  try {
    s.open();
  } catch (const Error& error) {
    throw error.at(s.path);
  }
}

ShardReader::~ShardReader() = default;
ShardReader::ShardReader(ShardReader&&) noexcept = default;
ShardReader& ShardReader::operator=(ShardReader&&) noexcept = default;

const ShardHeader& ShardReader::header() const {
  return state_->header;
}
const ShardFooter& ShardReader::footer() const {
  return state_->footer;
}
const Schema& ShardReader::schema() const {
  return state_->schema;
}
const ShardMeta& ShardReader::meta() const {
  return state_->meta;
}
const std::string& ShardReader::path() const {
  return state_->path;
}
uint64_t ShardReader::sample_count() const {
  return state_->footer.sample_count;
}
ByteSpan ShardReader::file_bytes() const {
  return state_->bytes;
}

BlobView ShardReader::blob(uint64_t sample, size_t field) const {
  const State& s = *state_;
  const FieldColumns& c = s.columns.fields[field];
  const uint8_t* index = s.index;
  BlobView view;
  view.offset_bytes = load_le<uint64_t>(index + c.offsets + 8 * sample);
  const uint64_t length = load_le<uint64_t>(index + c.lengths + 8 * sample);
  view.hash = load_le<uint64_t>(index + c.hashes + 8 * sample);
  view.flags = load_le<uint16_t>(index + c.flags + 2 * sample);
  const uint8_t codec = index[c.codecs + sample];
  const uint64_t limit = s.footer.index.offset_bytes;
  if (view.offset_bytes < kHeaderBytes || view.offset_bytes > limit ||
      length > limit - view.offset_bytes || view.offset_bytes % s.header.alignment_bytes != 0) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("index: sample {} field '{}' lies outside the record area", sample,
                            s.schema.fields[field].name),
                s.path, s.footer.index.offset_bytes + c.offsets + 8 * sample);
  }
  if (!is_known_codec(codec) || (view.flags & ~kKnownSampleFlags) != 0) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("index: sample {} field '{}' has a codec ({}) or flags ({:#x}) that this "
                    "program does not know",
                    sample, s.schema.fields[field].name, codec, view.flags),
        s.path, s.footer.index.offset_bytes + c.codecs + sample);
  }
  view.codec = static_cast<Codec>(codec);
  view.bytes = s.bytes.subspan(view.offset_bytes, length);
  const size_t rank = static_cast<size_t>(s.schema.fields[field].rank());
  std::memcpy(view.shape.data(), index + c.shapes + 4 * rank * sample, 4 * rank);
  std::memcpy(view.original_shape.data(), index + c.original_shapes + 4 * rank * sample, 4 * rank);
  return view;
}

ByteSpan ShardReader::inline_bytes(uint64_t sample, size_t field) const {
  const FieldColumns& c = state_->columns.fields[field];
  return {state_->index + c.values + c.value_bytes * sample, c.value_bytes};
}

int64_t ShardReader::inline_int(uint64_t sample, size_t field) const {
  const Field& declared = state_->schema.fields[field];
  if (declared.storage != Storage::kInline || !declared.axes.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("field '{}' is not one inline integer", declared.name), state_->path);
  }
  const uint8_t* value = inline_bytes(sample, field).data();
  switch (state_->schema.fields[field].dtype) {
    case DType::kUInt8:
      return *value;
    case DType::kInt8:
      return load_le<int8_t>(value);
    case DType::kUInt16:
      return load_le<uint16_t>(value);
    case DType::kInt16:
      return load_le<int16_t>(value);
    case DType::kInt32:
      return load_le<int32_t>(value);
    case DType::kInt64:
      return load_le<int64_t>(value);
    case DType::kFloat16:
    case DType::kFloat32:
      break;
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("field '{}' is no integer", state_->schema.fields[field].name));
}

std::string_view ShardReader::name(uint64_t sample) const {
  const State& s = *state_;
  const uint8_t* table = s.names;
  const uint64_t begin = load_le<uint64_t>(table + 8 * sample);
  const uint64_t end = load_le<uint64_t>(table + 8 * (sample + 1));
  const uint64_t table_bytes = 8 * (s.footer.sample_count + 1);
  if (begin > end || end > s.footer.names.size_bytes - table_bytes) return "(name is damaged)";
  return as_text({s.names + table_bytes + begin, end - begin});
}

void ShardReader::hold_index() {
  try {
    state_->hold_index();
  } catch (const Error& error) {
    throw error.at(state_->path);
  }
}

void ShardReader::check_names() const {
  try {
    state_->check_names();
  } catch (const Error& error) {
    throw error.at(state_->path);
  }
}

void ShardReader::check_padding() const {
  const State& s = *state_;
  try {
    const uint64_t footer_at = s.bytes.size() - kFooterBytes;
    check_zero(s.bytes, section_end(s.footer.index), s.footer.names.offset_bytes);
    check_zero(s.bytes, section_end(s.footer.names), s.footer.json.offset_bytes);
    check_zero(s.bytes, section_end(s.footer.json), footer_at);
  } catch (const Error& error) {
    throw error.at(s.path);
  }
}

void ShardReader::check_record(uint64_t sample, size_t field) const {
  const BlobView view = blob(sample, field);
  if (xxh3_64(view.bytes) == view.hash) return;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("sample {} '{}' field '{}' ({} bytes) does not match its hash", sample,
                          name(sample), state_->schema.fields[field].name, view.bytes.size()),
              state_->path, view.offset_bytes);
}

void ShardReader::advise(AccessPattern pattern) const {
  if (state_->mapping) state_->mapping->advise(pattern);
}
void ShardReader::will_need(uint64_t offset_bytes, uint64_t size_bytes) const {
  if (state_->mapping) state_->mapping->will_need(offset_bytes, size_bytes);
}
void ShardReader::dont_need(uint64_t offset_bytes, uint64_t size_bytes) const {
  if (state_->mapping) state_->mapping->dont_need(offset_bytes, size_bytes);
}

}  // namespace stoker
