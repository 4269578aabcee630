// train.csv and test.csv of the Vesuvius challenge: which volume is of which scroll.
//
// Columns are found by name ("id", "scroll_id") in any order, others are passed over; what counts
// as a table is csv.h's to say. Ids are numbers beyond 32 bits or text ("s1_z10240_y2560_x2560")
// and stay text. Scrolls are numbers where all of them are; otherwise names, numbered in their
// sorted order. Thread-safety: pure function. Errors: Corrupt with the byte offset of the row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

struct ScrollLine {
  std::string id;
  int64_t scroll = 0;  // -1 where the table has no such column
};

struct ScrollTable {
  std::vector<ScrollLine> lines;          // in the table's order
  std::vector<std::string> scroll_names;  // of scroll 0, 1 ...; empty where scrolls are numbers
};

ScrollTable parse_scroll_table(std::string_view text);

}  // namespace stoker
