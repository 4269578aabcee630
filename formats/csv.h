// Tables of text with a comma between cells: RFC 4180, and what spreadsheet programs make of it.
//
// Taken: text as libdata/core/text_lines.h has it; cells in double quotes, with separators, line
// ends and doubled quotes inside; semicolons or tabs instead of commas (whichever the first line
// has most of outside quotes; a first line "sep=;" says so itself). Blanks around a cell, outside
// quotes, are no part of it. Lines without text, commas alone included, are passed over, and empty
// cells beyond the header's are dropped. Thread-safety: pure functions. Errors: Corrupt with the
// byte offset for a quote that is never closed, text behind a closing quote, a row with more or
// fewer cells than the header; those of plain_text. Source: RFC 4180.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

struct CsvRow {
  std::vector<std::string> cells;
  uint64_t line = 0;          // counted from 1, of its first character
  uint64_t offset_bytes = 0;  // likewise
};

// Every row has as many cells as the first, which is the header where there is one: whether there
// is one is the caller's to know.
std::vector<CsvRow> parse_csv_rows(std::string_view text);

struct CsvTable {
  CsvRow header;
  std::vector<CsvRow> rows;

  // The first column named like one of `names`, in their order; letter case, blanks, '_', '-' and
  // '.' in names do not count.
  std::optional<size_t> find_column(std::initializer_list<std::string_view> names) const;
};

// The first row is the header. Corrupt for a text without rows.
CsvTable parse_csv(std::string_view text);

// The same; errors carry the path.
CsvTable read_csv(const std::filesystem::path& path);

// A column's name as find_column compares it: "Image_Name" is "imagename".
std::string plain_column_name(std::string_view name);

}  // namespace stoker
