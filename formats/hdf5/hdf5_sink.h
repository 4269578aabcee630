// An HDF5 file in the making: data sets that grow row by row. Internal to formats/hdf5.
//
// The file is written under a temporary name and shows in finish(), whole and synced, or never.
// Its bytes follow from what is written in which order: no times, no hosts. Readable by HDF5 1.8
// and later. Thread-safety: one thread; packing runs on many inside. Errors: Io with the system's
// reason; InvalidArgument for a text with a zero byte in it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/hdf5/hdf5_handle.h"
#include "formats/hdf5/row_chunks.h"

namespace stoker {

struct Hdf5Compression {
  int deflate_level = 4;  // 0: none
};

enum class Hdf5AnyLength { kBytes, kText };

class Hdf5Sink {
 public:
  // `rows`: how many samples there will be at most.
  Hdf5Sink(const std::filesystem::path& path, uint64_t rows, const Hdf5Compression& compression);
  ~Hdf5Sink();

  // Both return the number by which the data set is called from then on.
  size_t add_rows(const std::string& name, const RowShape& shape);
  size_t add_any_length(const std::string& name, Hdf5AnyLength kind);

  void append(size_t dataset, ByteSpan value);

  // Attributes, on the root where `dataset` is empty. Texts are UTF-8.
  void set_text(const std::string& dataset, const std::string& name, const std::string& text);
  void set_texts(const std::string& dataset, const std::string& name,
                 const std::vector<std::string>& texts);
  // A data set of texts beside those of the samples.
  void add_texts(const std::string& name, const std::vector<std::string>& texts);

  uint64_t size_bytes() const { return size_bytes_; }  // appended so far
  void finish();

 private:
  struct Dataset;

  Hdf5Handle create_dataset(const std::string& name, int64_t type,
                            const std::vector<uint64_t>& extent, const std::vector<uint64_t>& chunk,
                            size_t element_bytes) const;
  void append_value(Dataset& dataset, ByteSpan value);
  void write_values(Dataset& dataset);
  void write_pending();
  int64_t object_of(const std::string& dataset) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  uint64_t rows_;
  Hdf5Compression compression_;
  Hdf5Handle file_;
  std::vector<std::unique_ptr<Dataset>> datasets_;
  std::vector<RowChunk> pending_;   // chunks that wait to be packed and written
  std::vector<size_t> pending_of_;  // the data set of each
  uint64_t pending_bytes_ = 0;
  uint64_t size_bytes_ = 0;
  bool finished_ = false;
};

}  // namespace stoker
