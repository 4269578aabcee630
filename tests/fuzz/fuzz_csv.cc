// Any text as a table, and as a table of classes: an Error, or rows that all have as many cells.
#include <cstdlib>

#include "formats/class_table.h"
#include "formats/csv.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = stoker::as_text(stoker::ByteSpan(data, size));
  try {
    const std::vector<stoker::CsvRow> rows = stoker::parse_csv_rows(text);
    for (const stoker::CsvRow& row : rows) {
      if (row.cells.size() != rows.front().cells.size()) std::abort();
    }
    stoker::parse_class_table(text, {});
  } catch (const stoker::Error&) {
  }
  return 0;
}
