// Errors of Arrow and Parquet as ours, and files as Arrow reads them. For the .cc files beside it
// alone: Arrow's headers are seen by nobody else.
//
// Thread-safety: free functions.
#pragma once

#include <arrow/api.h>
#include <arrow/io/memory.h>

#include <memory>
#include <string>
#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {

// Arrow's messages end in the place in its own source, which tells a user nothing.
[[noreturn]] void throw_status(const arrow::Status& status, const std::string& path);

inline void check(const arrow::Status& status, const std::string& path) {
  if (!status.ok()) throw_status(status, path);
}
template <typename T>
T take(arrow::Result<T> result, const std::string& path) {
  if (!result.ok()) throw_status(result.status(), path);
  return std::move(result).ValueUnsafe();
}

// Runs `work`; what it throws that is not ours (ParquetException, bad_alloc) is said of `path`.
template <typename Work>
auto guarded(const std::string& path, Work&& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw_status(arrow::Status::Invalid(error.what()), path);
  }
}

// The bytes of a mapped file, which stays mapped as long as any slice of it is held.
std::shared_ptr<arrow::Buffer> mapped_buffer(std::shared_ptr<const MappedFile> file);

// Memory for what is read from a file of this size: a damaged one cannot ask for all there is.
std::shared_ptr<arrow::MemoryPool> bounded_pool(uint64_t file_bytes);

}  // namespace stoker
