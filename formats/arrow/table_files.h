// The two kinds of files the Arrow library opens for us. For the .cc files beside it alone.
//
// Thread-safety, errors: as TableFile.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "formats/arrow/arrow_engine.h"

namespace stoker {

std::unique_ptr<TableFile> open_parquet_table(std::shared_ptr<const MappedFile> file);
std::unique_ptr<TableFile> open_ipc_table(std::shared_ptr<const MappedFile> file);
std::unique_ptr<TableSink> make_parquet_sink(const std::vector<TableColumn>& columns,
                                             const std::string& hugging_face,
                                             const TableCompression& compression, std::string path,
                                             std::function<void(ByteSpan)> write);

}  // namespace stoker
