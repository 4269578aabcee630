// HDF5 files as a source of samples: docs/formats/hdf5.md says which files, and how fields are
// told.
//
// Files are mapped to samples when they are opened, without reading any but labels and names. A
// sample is read on any thread: chunks are fetched under the library's lock, unpacked outside it,
// and kept in a cache of kHdf5CacheBytes. Thread-safety, errors: as SourceReader.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "formats/format.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

inline constexpr uint64_t kHdf5CacheBytes = uint64_t{256} << 20;

struct OpenHdf5Source;

class Hdf5Reader : public SourceReader {
 public:
  explicit Hdf5Reader(const SourceRequest& request);
  ~Hdf5Reader() override;

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  // In order where chunks hold several samples each and are more than the cache takes.
  SourceAccess access() const override { return access_; }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;

 private:
  struct Place {
    uint32_t part;  // or group
    uint64_t row;
  };

  void choose_names(const SourceRequest& request);
  void add_rows();
  void read_in_order();
  void add_groups();
  void read_labels(size_t part);
  void number_text_labels();
  void check_class_names();
  void read_row(const Place& place, Sample& sample) const;
  void read_group(size_t group, Sample& sample) const;

  std::unique_ptr<OpenHdf5Source> source_;
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  std::vector<Place> places_;
  std::vector<std::vector<std::string>> names_;  // by part, while the source is listed
  std::vector<int32_t> labels_;                  // of each item; empty: not known without reading
  SourceAccess access_ = SourceAccess::kRandom;
};

}  // namespace stoker
