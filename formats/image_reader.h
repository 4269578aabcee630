// Listed images as a source of samples: "image" (blob: the file's bytes, not looked at: codec and
// shape are for image_encode to find) and "label" (inline int32, class index).
//
// Thread-safety and errors: as SourceReader; what cannot be read is NotFound or Io.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/open_archives.h"
#include "formats/source_listing.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

class ImageReader : public SourceReader {
 public:
  explicit ImageReader(SourceListing listing);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override { return listing_.items[item].label; }
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;  // of the image's bytes, read for it

 private:
  void read_bytes(const SourceItem& item, Bytes& bytes) const;

  SourceListing listing_;
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  // Archives stay open, as many as there may be; a folder's files, one item each, are opened when
  // their turn comes.
  std::vector<bool> is_archive_;  // by file
  mutable OpenArchives archives_;
};

}  // namespace stoker
