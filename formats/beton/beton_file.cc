#include "formats/beton/beton_file.h"

#include <numeric>

#include "libdata/core/error.h"

namespace stoker {

BetonFile::BetonFile(const std::filesystem::path& path) : file_(path) {
  try {
    layout_ = parse_beton_layout(file_.bytes());
    sizes_ = parse_beton_table(file_.bytes(), layout_);
  } catch (const Error& error) {
    throw error.at(file_.path());
  }
  values_ = layout_.values_per_sample();
}

std::vector<RecordColumn> BetonFile::columns() const {
  std::vector<RecordColumn> columns;
  for (const BetonField& field : layout_.fields)
    if (field.fault.empty()) columns.push_back(beton_column(field));
  return columns;
}

std::vector<SampleNote> BetonFile::notes() const {
  std::vector<SampleNote> notes;
  for (const BetonField& field : layout_.fields)
    if (!field.fault.empty()) notes.push_back({field.name, "left out: " + field.fault, {}, 0});
  for (const std::string& note : layout_.notes)
    notes.push_back({file_.path(), note, {}, 0});
  return notes;
}

void BetonFile::read(uint64_t row, Sample& memory, Record& record) const {
  const ByteSpan cells = layout_.row(file_.bytes(), row);
  record.offset_bytes = layout_.rows_offset + row * layout_.row_bytes;
  size_t value = row * values_;
  for (const BetonField& field : layout_.fields) {
    ByteSpan bytes;
    if (field.has_value()) {
      const uint64_t size = sizes_[value++];
      const uint64_t offset = parse_beton_cell(field, cells).value_offset;
      if (size > 0) bytes = file_.bytes().subspan(offset, size);
    }
    if (!field.fault.empty()) continue;
    record.cells.push_back(decode_beton(field, cells, bytes, memory));
  }
}

uint64_t BetonFile::size_bytes(uint64_t row) const {
  const auto begin = sizes_.begin() + static_cast<std::ptrdiff_t>(row * values_);
  return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(values_), layout_.row_bytes);
}

void BetonFile::prefetch(uint64_t row) const {
  const ByteSpan cells = layout_.row(file_.bytes(), row);
  size_t value = row * values_;
  for (const BetonField& field : layout_.fields) {
    if (!field.has_value()) continue;
    const uint64_t size = sizes_[value++];
    if (size > 0) file_.will_need(parse_beton_cell(field, cells).value_offset, size);
  }
}

}  // namespace stoker
