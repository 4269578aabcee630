#include "formats/csv.h"

#include <algorithm>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/text_lines.h"

namespace stoker {
namespace {

constexpr std::string_view kSeparators = ",;\t";

Error corrupt(const std::string& message, uint64_t line, uint64_t offset_bytes) {
  return Error(ErrorCode::kCorrupt, "line " + std::to_string(line) + ": " + message, {},
               offset_bytes);
}

bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

// The candidate that the first line has most of, outside quotes; a comma where it has none.
char find_separator(std::string_view text) {
  size_t counts[kSeparators.size()] = {};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (is_line_end(c)) break;
    const size_t which = kSeparators.find(c);
    if (which != kSeparators.npos) ++counts[which];
  }
  return kSeparators[static_cast<size_t>(std::max_element(std::begin(counts), std::end(counts)) -
                                         std::begin(counts))];
}

// Reads rows off a text from its first character to its last.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text) : text_(text) {
    at_ = text.size() - plain_text(text).size();
    take_separator_line();
  }

  bool done() const { return at_ >= text_.size(); }

  CsvRow next_row() {
    CsvRow row;
    row.line = line_;
    row.offset_bytes = at_;
    row.cells.push_back(next_cell());
    while (!done() && text_[at_] == separator_) {
      ++at_;
      row.cells.push_back(next_cell());
    }
    take_line_end();
    return row;
  }

 private:
  void take_separator_line() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("sep=") && rest.size() > 4 && !is_line_end(rest[4]) &&
        (rest.size() == 5 || is_line_end(rest[5]))) {
      separator_ = rest[4];
      at_ += 5;
      take_line_end();
    } else {
      separator_ = find_separator(rest);
    }
  }

  bool is_blank(char c) const { return (c == ' ' || c == '\t') && c != separator_; }

  void skip_blanks() {
    while (!done() && is_blank(text_[at_]))
      ++at_;
  }

  void take_line_end() {
    if (done()) return;
    const char c = text_[at_++];
    if (c == '\r' && !done() && text_[at_] == '\n') ++at_;
    ++line_;
  }

  std::string next_cell() {
    skip_blanks();
    if (!done() && text_[at_] == '"') return quoted_cell();
    const size_t begin = at_;
    while (!done() && text_[at_] != separator_ && !is_line_end(text_[at_]))
      ++at_;
    size_t end = at_;
    while (end > begin && is_blank(text_[end - 1]))
      --end;
    return std::string(text_.substr(begin, end - begin));
  }

  std::string quoted_cell() {
    const size_t open = at_++;
    const uint64_t line = line_;
    std::string cell;
    while (true) {
      if (done()) throw corrupt("a quote is opened here and never closed", line, open);
      const char c = text_[at_++];
      if (c == '"') {
        if (done() || text_[at_] != '"') break;
        ++at_;
      }
      if (c == '\n') ++line_;
      cell += c;
    }
    skip_blanks();
    if (!done() && text_[at_] != separator_ && !is_line_end(text_[at_])) {
      throw corrupt("expected a separator or the line's end behind a closing quote", line_, at_);
    }
    return cell;
  }

  std::string_view text_;
  size_t at_ = 0;
  uint64_t line_ = 1;
  char separator_ = ',';
};

bool has_text(const std::string& cell) {
  return !cell.empty();
}

}  // namespace

std::vector<CsvRow> parse_csv_rows(std::string_view text) {
  std::vector<CsvRow> rows;
  for (CsvReader reader(text); !reader.done();) {
    CsvRow row = reader.next_row();
    if (std::none_of(row.cells.begin(), row.cells.end(), has_text)) continue;
    if (rows.empty()) {
      while (row.cells.back().empty())
        row.cells.pop_back();
    }
    const size_t columns = rows.empty() ? row.cells.size() : rows.front().cells.size();
    while (row.cells.size() > columns && row.cells.back().empty())
      row.cells.pop_back();
    if (row.cells.size() != columns) {
      throw corrupt("expected " + std::to_string(columns) + " cells as in line " +
                        std::to_string(rows.front().line) + ", found " +
                        std::to_string(row.cells.size()),
                    row.line, row.offset_bytes);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

CsvTable parse_csv(std::string_view text) {
  CsvTable table;
  table.rows = parse_csv_rows(text);
  if (table.rows.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected a table with a header, found no text", {}, 0);
  }
  table.header = std::move(table.rows.front());
  table.rows.erase(table.rows.begin());
  return table;
}

CsvTable read_csv(const std::filesystem::path& path) {
  try {
    return parse_csv(read_text_file(path));
  } catch (const Error& error) {
    throw error.at(path.string());
  }
}

std::string plain_column_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == ' ' || c == '_' || c == '-' || c == '.') continue;
    plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return plain;
}

std::optional<size_t> CsvTable::find_column(std::initializer_list<std::string_view> names) const {
  for (const std::string_view name : names) {
    for (size_t column = 0; column < header.cells.size(); ++column) {
      if (plain_column_name(header.cells[column]) == plain_column_name(name)) return column;
    }
  }
  return std::nullopt;
}

}  // namespace stoker
