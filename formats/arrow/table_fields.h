// Which columns of a table make which field.
//
//   image   struct{bytes, path}, or bytes that begin as an image file does
//   label   a ClassLabel, or a column called label, labels, target ... of whole numbers or text
//   others  numbers inline, text and bytes as blobs, lists of numbers as arrays (array_fields.h)
// Columns that no field holds are left out, with a note. Thread-safety: pure functions. Errors:
// InvalidArgument where the request names what there is not or leaves a choice; Unsupported for a
// column that the request names and no field holds.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "formats/arrow/arrow_engine.h"
#include "libdata/sample/schema.h"

namespace stoker {

enum class TableForm : uint8_t { kLabel, kImage, kBytes, kText, kArray };

struct TableField {
  Field field;
  TableForm form = TableForm::kBytes;
  size_t column = 0;
  bool is_written = false;  // by convert-dataset: elements and axes are the field's own
};

// The samples' names, where there is a column of it: as on the Hub, of sets that were WebDataset.
inline constexpr const char* kNameColumn = "__key__";

struct HuggingFeature {
  std::string type;                      // "Image", "ClassLabel", "Value", "Array2D" ...
  std::vector<std::string> class_names;  // of ClassLabel
  std::vector<int64_t> shape;            // of Array2D and the like; -1 where it says none
};
// By column; none where the text is empty. Corrupt for text that is no such JSON.
std::map<std::string, HuggingFeature> read_hugging_features(const std::string& json);

// What the first row that has a value says, where the type alone does not.
struct TableProbe {
  bool holds_image = false;       // of bytes
  bool is_path = false;           // of images: the path alone is there
  std::vector<uint64_t> shape{};  // of arrays
};

// "image" first, then "label", then the others in the table's order. `wanted`: --field NAME=COLUMN.
std::vector<TableField> fields_of_table(const std::vector<TableColumn>& columns,
                                        const std::map<std::string, HuggingFeature>& features,
                                        const std::vector<TableProbe>& probes,
                                        const std::map<std::string, std::string>& wanted,
                                        std::vector<SampleNote>& notes);

// Of files that convert-dataset wrote: the fields of `own`. Corrupt where columns are others.
std::vector<TableField> written_fields(const std::vector<TableColumn>& columns, const Schema& own);

}  // namespace stoker
