// The one entry of the library that links Arrow.
#include <utility>

#include "formats/arrow/table_files.h"

namespace stoker {
namespace {

class LinkedArrow : public ArrowEngine {
 public:
  std::unique_ptr<TableFile> open_parquet(std::shared_ptr<const MappedFile> file) const override {
    return open_parquet_table(std::move(file));
  }
  std::unique_ptr<TableFile> open_ipc(std::shared_ptr<const MappedFile> file) const override {
    return open_ipc_table(std::move(file));
  }
  std::unique_ptr<TableSink> make_parquet(const std::vector<TableColumn>& columns,
                                          const std::string& hugging_face,
                                          const TableCompression& compression, std::string path,
                                          std::function<void(ByteSpan)> write) const override {
    return make_parquet_sink(columns, hugging_face, compression, std::move(path), std::move(write));
  }
};

}  // namespace
}  // namespace stoker

extern "C" const stoker::ArrowEngine* stoker_arrow_engine() {
  static const stoker::LinkedArrow engine;
  return &engine;
}
