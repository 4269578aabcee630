#include "formats/beton/beton_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <set>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint64_t kHeaderBytes = 24;
constexpr uint16_t kVersion = 2;
constexpr uint64_t kEntryBytes = 24;  // of the allocation table
constexpr size_t kMostFields = 1024;

struct Header {
  uint16_t version = 0;
  uint16_t fields = 0;
  uint32_t page_bytes = 0;
  uint64_t samples = 0;
  uint64_t table_offset = 0;

  uint64_t rows_offset() const { return kHeaderBytes + fields * kBetonFieldBytes; }
};

Header load_header(ByteSpan front) {
  Header header;
  header.version = load_le<uint16_t>(front.data());
  header.fields = load_le<uint16_t>(front.data() + 2);
  header.page_bytes = load_le<uint32_t>(front.data() + 4);
  header.samples = load_le<uint64_t>(front.data() + 8);
  header.table_offset = load_le<uint64_t>(front.data() + 16);
  return header;
}

[[noreturn]] void refuse(const std::string& why, uint64_t offset) {
  throw Error(ErrorCode::kCorrupt, why, {}, offset);
}

Header parse_header(ByteSpan file) {
  if (file.size() < kHeaderBytes) refuse("is cut short in its header", file.size());
  const Header header = load_header(file);
  if (header.version != kVersion) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("version {} of .beton files is not read, only {} is", header.version, kVersion),
        {}, 0);
  }
  if (header.fields == 0) refuse("has no field", 2);
  if (header.fields > kMostFields) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} fields; up to {} are read", header.fields, kMostFields), {}, 2);
  }
  if (!std::has_single_bit(header.page_bytes)) {
    refuse(fmt::format("pages of {} bytes, expected a power of two", header.page_bytes), 4);
  }
  if (header.samples == 0) refuse("holds no sample", 8);
  if (header.table_offset == 0) {
    refuse("was never finished: whoever wrote it stopped before the allocation table", 16);
  }
  if (file.size() < header.rows_offset()) refuse("is cut short in its fields", file.size());
  return header;
}

// Names have 16 bytes; longer ones were cut, and may have become alike.
std::string unlike_name(const std::string& name, const std::set<std::string>& taken) {
  std::string unlike = name;
  for (int number = 2; taken.contains(unlike); ++number)
    unlike = fmt::format("{}_{}", name, number);
  return unlike;
}

void parse_fields(ByteSpan file, size_t count, BetonLayout& layout) {
  std::set<std::string> names;
  uint64_t most_alignment = 1;
  const auto aligned = [](uint64_t offset, uint64_t alignment) {
    return (offset + alignment - 1) / alignment * alignment;
  };
  for (size_t f = 0; f < count; ++f) {
    const uint64_t at = kHeaderBytes + f * kBetonFieldBytes;
    BetonField field;
    try {
      field = parse_beton_field(file.subspan(at, kBetonFieldBytes));
    } catch (const Error& error) {
      throw error.at({}, at);
    }
    const std::string unlike = unlike_name(field.name, names);
    if (unlike != field.name) {
      layout.notes.push_back(
          fmt::format("field {} is called '{}' here: names are cut to 16 "
                      "bytes, and '{}' is another's",
                      f, unlike, field.name));
    }
    field.name = unlike;
    names.insert(unlike);
    const uint64_t alignment = beton_cell_alignment(field.kind);
    most_alignment = std::max(most_alignment, alignment);
    field.cell_offset = aligned(layout.row_bytes, alignment);
    layout.row_bytes = field.cell_offset + beton_cell_bytes(field.kind);
    layout.fields.push_back(std::move(field));
  }
  layout.row_bytes = aligned(layout.row_bytes, most_alignment);
}

struct Entry {
  uint64_t sample;
  uint64_t offset;
  uint64_t size;
};

Entry load_entry(ByteSpan file, uint64_t at) {
  const uint8_t* bytes = file.data() + at;
  return {load_le<uint64_t>(bytes), load_le<uint64_t>(bytes + 8), load_le<uint64_t>(bytes + 16)};
}

// Of size 0 there is nothing to lie anywhere.
void check_place(const Entry& entry, uint64_t at, const BetonLayout& layout) {
  if (entry.size == 0) return;
  const bool inside = entry.offset >= layout.pages_offset && entry.offset < layout.table_offset &&
                      entry.size <= layout.table_offset - entry.offset;
  if (!inside) {
    refuse(fmt::format("{} bytes at {}, the pages lie from {} to {}", entry.size, entry.offset,
                       layout.pages_offset, layout.table_offset),
           at);
  }
  if (entry.offset / layout.page_bytes != (entry.offset + entry.size - 1) / layout.page_bytes) {
    refuse(fmt::format("{} bytes at {} cross from one page to the next", entry.size, entry.offset),
           at);
  }
}

void check_apart(std::vector<Entry> places) {
  std::sort(places.begin(), places.end(), [](const Entry& a, const Entry& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.sample < b.sample;
  });
  for (size_t i = 1; i < places.size(); ++i) {
    const Entry& before = places[i - 1];
    if (before.size <= places[i].offset - before.offset) continue;
    refuse(fmt::format("values of the samples {} and {} lie over one another", before.sample,
                       places[i].sample),
           places[i].offset);
  }
}

// The cells of a sample's values are the entries of that sample, in this order.
void check_cell(const BetonField& field, const BetonCell& cell, const Entry& entry, uint64_t at) {
  if (cell.value_offset != entry.offset) {
    refuse(fmt::format("sample {}: '{}' is said to lie at byte {}, its cell says {}", entry.sample,
                       field.name, entry.offset, cell.value_offset),
           at);
  }
  if (cell.is_jpeg || !field.fault.empty() || cell.size_bytes == entry.size) return;
  refuse(fmt::format("sample {}: '{}' is said to have {} bytes, expected {}", entry.sample,
                     field.name, entry.size, cell.size_bytes),
         at);
}

}  // namespace

size_t BetonLayout::values_per_sample() const {
  return static_cast<size_t>(std::count_if(fields.begin(), fields.end(),
                                           [](const BetonField& f) { return f.has_value(); }));
}

bool looks_like_beton(ByteSpan front, uint64_t size_bytes) {
  if (front.size() < kHeaderBytes + kBetonFieldBytes) return false;
  const Header header = load_header(front);
  if (header.version != kVersion || header.fields == 0 || header.fields > kMostFields ||
      header.samples == 0 || !std::has_single_bit(header.page_bytes) ||
      header.table_offset > size_bytes || header.rows_offset() > size_bytes) {
    return false;
  }
  try {
    parse_beton_field(front.subspan(kHeaderBytes, kBetonFieldBytes));
  } catch (const Error& error) {
    return error.code() == ErrorCode::kUnsupported;
  }
  return true;
}

BetonLayout parse_beton_layout(ByteSpan file) {
  const Header header = parse_header(file);
  BetonLayout layout;
  layout.page_bytes = header.page_bytes;
  layout.samples = header.samples;
  layout.table_offset = header.table_offset;
  layout.rows_offset = header.rows_offset();
  parse_fields(file, header.fields, layout);
  if (header.table_offset > file.size()) {
    refuse(fmt::format("is cut short: its allocation table is said to begin at byte {} of {}",
                       header.table_offset, file.size()),
           16);
  }
  if (header.table_offset < layout.rows_offset ||
      header.samples > (header.table_offset - layout.rows_offset) / layout.row_bytes) {
    refuse(fmt::format("{} samples of {} bytes do not fit before byte {}", header.samples,
                       layout.row_bytes, header.table_offset),
           8);
  }
  const uint64_t rows_end = layout.rows_offset + header.samples * layout.row_bytes;
  const uint64_t page_ends = header.page_bytes - 1;
  layout.pages_offset = (rows_end + page_ends) & ~page_ends;
  const bool whole_pages =
      header.table_offset >= layout.pages_offset && (header.table_offset & page_ends) == 0;
  if (header.table_offset != rows_end && !whole_pages) {
    refuse(fmt::format("its rows end at byte {}, its table begins at {}: expected whole pages of "
                       "{} bytes between them",
                       rows_end, header.table_offset, header.page_bytes),
           16);
  }
  const uint64_t table_bytes = file.size() - header.table_offset;
  const uint64_t values = layout.values_per_sample();
  if (table_bytes != header.samples * values * kEntryBytes) {
    refuse(
        fmt::format("its allocation table has {} bytes, expected {} entries of {} bytes for each "
                    "of {} samples",
                    table_bytes, values, kEntryBytes, header.samples),
        header.table_offset);
  }
  return layout;
}

std::vector<uint64_t> parse_beton_table(ByteSpan file, const BetonLayout& layout) {
  std::vector<const BetonField*> with_values;
  for (const BetonField& field : layout.fields)
    if (field.has_value()) with_values.push_back(&field);
  const size_t values = with_values.size();
  std::vector<uint64_t> sizes(static_cast<size_t>(layout.samples * values));
  std::vector<uint16_t> seen(static_cast<size_t>(layout.samples));
  std::vector<Entry> places;
  for (size_t e = 0; e < sizes.size(); ++e) {
    const uint64_t at = layout.table_offset + e * kEntryBytes;
    const Entry entry = load_entry(file, at);
    if (entry.sample >= layout.samples || seen[entry.sample] == values) {
      refuse(fmt::format("an entry too many, of the sample {}", entry.sample), at);
    }
    const size_t which = seen[entry.sample]++;
    const BetonField& field = *with_values[which];
    try {
      check_cell(field, parse_beton_cell(field, layout.row(file, entry.sample)), entry, at);
    } catch (const Error& error) {
      throw error.at({}, layout.rows_offset + entry.sample * layout.row_bytes);
    }
    check_place(entry, at, layout);
    sizes[entry.sample * values + which] = entry.size;
    if (entry.size > 0) places.push_back(entry);
  }
  check_apart(std::move(places));
  return sizes;
}

}  // namespace stoker
