// Arrow's arrays as columns and cells. For the .cc files beside it alone.
//
// Thread-safety: pure functions; batches are constant values.
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string>
#include <vector>

#include "formats/arrow/arrow_engine.h"

namespace stoker {

TableColumn describe_column(const arrow::Field& field);

// Hugging Face's features from a schema's or a file's metadata; empty where there are none.
std::string hugging_face_of(const arrow::KeyValueMetadata* metadata);

// A batch whose columns are those of `wanted`, in that order, found by position in `fields`: the
// index in `batch` of each.
std::shared_ptr<const TableBatch> make_batch(std::shared_ptr<arrow::RecordBatch> batch,
                                             std::vector<TableColumn> columns,
                                             const std::vector<int>& places, std::string path,
                                             std::shared_ptr<const void> keeps);

}  // namespace stoker
