// Which columns of a table make which field.
//
//   image   struct{bytes, path}, or bytes that begin as an image file does
//   label   a ClassLabel, or a column called label, labels, target ... of whole numbers or text
//   others  numbers inline, text and bytes as blobs, lists of numbers as arrays (array_fields.h)
// Thread-safety: pure functions. Errors: InvalidArgument where the request names what there is not
// or leaves a choice; Unsupported for a column that no field holds, by name.
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
  std::string column;
};

struct HuggingFeature {
  std::string type;                      // "Image", "ClassLabel", "Value", "Array2D" ...
  std::vector<std::string> class_names;  // of ClassLabel
};
// By column; none where the text is empty. Corrupt for text that is no such JSON.
std::map<std::string, HuggingFeature> read_hugging_features(const std::string& json);

// What the first row that has a value says, where the type alone does not.
struct TableProbe {
  bool holds_image = false;       // of bytes
  std::vector<uint64_t> shape{};  // of arrays
};

// With `fields` (NAME=COLUMN): those alone. Otherwise all columns but those that are nothing but
// nulls. "image" first, then "label", then the others in the table's order.
std::vector<TableField> fields_of_table(const std::vector<TableColumn>& columns,
                                        const std::map<std::string, HuggingFeature>& features,
                                        const std::vector<TableProbe>& probes,
                                        const std::map<std::string, std::string>& fields,
                                        std::vector<SampleNote>& notes);

}  // namespace stoker
