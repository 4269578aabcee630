// Classes from a table, one row an image: Kaggle's "image_id,label", ISIC's "image_name,target" or
// one column a class ("image,MEL,NV,..." of zeros and a one), CUB-like "path,class".
//
// Columns are found by their names, in any order and letter case, among any others. A table of two
// columns may name them otherwise; one whose first cell is a file name has no header. Rows and
// images are matched by name: with or without extension, with or without (the front of) the folder.
// Classes are the labels in the table, numbers by value, else by bytes; for a table of ImageNet
// (PredictionString) a label is the first word. Thread-safety: pure functions. Errors:
// InvalidArgument where columns cannot be told, Corrupt for rows that contradict one another, match
// several images or hold several classes.
#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/csv.h"
#include "libdata/core/arrays.h"

namespace stoker {

struct ClassTable {
  struct Row {
    std::string image;  // as the table spells it, '/' between folders
    std::string label;  // empty: the table gives none
    CsvRow source;      // line and offset; no cells
  };
  std::string path;
  std::string columns;  // what was taken, for a note: "image_name and target"
  std::vector<Row> rows;
  std::vector<std::string> class_names;  // in index order
  bool whole_paths =
      false;  // rows name images by their whole paths, to the letter; no other counts
};

// Of rows that are told already: paths made plain, classes numbered. `columns`: for the note.
ClassTable make_class_table(std::vector<ClassTable::Row> rows, const std::string& columns);
// Labels in index order: numbers by value, so that class 10 comes after class 9, where all are
// numbers; else by bytes.
std::vector<std::string> order_classes(const std::set<std::string>& labels);

// `label_column` chooses where several would do; empty: the first of the usual names.
ClassTable parse_class_table(std::string_view text, const std::string& label_column);
// FILE.csv, or FILE.csv:COLUMN.
ClassTable read_class_table(const std::string& file_and_column);

struct TableLabels {
  std::vector<int32_t> labels;    // one a name; -1 where no row names it
  std::vector<SampleNote> notes;  // rows without an image, as one; rows without a label
};

// `names`: paths of the images below the root.
TableLabels match_images(const ClassTable& table, std::span<const std::string> names);

}  // namespace stoker
