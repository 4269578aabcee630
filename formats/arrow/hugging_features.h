// Columns and Hugging Face's features of samples of a schema, as Parquet files have them.
//
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "formats/arrow/arrow_engine.h"
#include "libdata/sample/schema.h"

namespace stoker {

struct HubColumns {
  std::vector<TableColumn> columns;  // one a field, and kNameColumn where no image has the name
  bool has_names = false;            // whether that is the last of them
  std::string features;              // JSON: {"info": {"features": ...}}
};

// image files   Image, whose path is the sample's name
// label         ClassLabel; int64 where classes have no names
// text, bytes   Value string, binary
// numbers       Value; arrays of fixed shape List of a length, Array2D to Array4D; others lists of
//               lists
HubColumns hub_columns(const Schema& schema, const std::vector<std::string>& class_names);

}  // namespace stoker
