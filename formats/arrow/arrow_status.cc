#include "formats/arrow/arrow_status.h"

#include <arrow/memory_pool.h>

namespace stoker {
namespace {

class MappedBuffer : public arrow::Buffer {
 public:
  explicit MappedBuffer(std::shared_ptr<const MappedFile> file)
      : arrow::Buffer(file->bytes().data(), static_cast<int64_t>(file->size())),
        file_(std::move(file)) {}

 private:
  std::shared_ptr<const MappedFile> file_;
};

class BoundedPool : public arrow::CappedMemoryPool {
 public:
  BoundedPool(std::unique_ptr<arrow::ProxyMemoryPool> own, int64_t limit_bytes)
      : arrow::CappedMemoryPool(own.get(), limit_bytes), own_(std::move(own)) {}

 private:
  std::unique_ptr<arrow::ProxyMemoryPool> own_;
};

}  // namespace

void throw_status(const arrow::Status& status, const std::string& path) {
  std::string text = status.message();
  if (const size_t end = text.find_first_of('\n'); end != text.npos) text.resize(end);
  if (status.IsOutOfMemory()) text = "asks for more memory than a file of its size can need";
  const auto code = status.IsNotImplemented() ? ErrorCode::kUnsupported : ErrorCode::kCorrupt;
  throw Error(code, "Arrow cannot take it: " + text, path);
}

std::shared_ptr<arrow::Buffer> mapped_buffer(std::shared_ptr<const MappedFile> file) {
  return std::make_shared<MappedBuffer>(std::move(file));
}

std::shared_ptr<arrow::MemoryPool> bounded_pool(uint64_t file_bytes) {
  constexpr uint64_t kLeast = uint64_t{2} << 30;
  constexpr uint64_t kFactor = 4;
  return std::make_shared<BoundedPool>(
      std::make_unique<arrow::ProxyMemoryPool>(arrow::default_memory_pool()),
      static_cast<int64_t>(kLeast + kFactor * file_bytes));
}

}  // namespace stoker
