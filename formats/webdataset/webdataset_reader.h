// Shards of WebDataset as a source of samples: one a key, read in place.
//
// Names of samples are keys, with the shard's name in front where shards repeat them. Fields are
// what member_fields.h says; class names are those of classes.json or classes.txt beside the
// shards. Numbers and texts of labels are read while listing, everything else when its turn comes.
// Of compressed shards everything is read in order. Thread-safety, errors: as SourceReader.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "formats/byte_source.h"
#include "formats/format.h"
#include "formats/webdataset/member_fields.h"
#include "formats/webdataset/shard_listing.h"
#include "libdata/sample/source_reader.h"

namespace stoker {

bool is_webdataset_shard(const std::filesystem::path& file);  // by its name

class WebDatasetReader : public SourceReader {
 public:
  explicit WebDatasetReader(const SourceRequest& request);

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override {
    return compressed_ ? SourceAccess::kInOrder : SourceAccess::kRandom;
  }
  void read(Sample& sample) const override;
  void prefetch(uint64_t item) const override;
  std::optional<int64_t> label(uint64_t item) const override;
  std::vector<std::filesystem::path> source_files(uint64_t item) const override;
  uint64_t hash_source(uint64_t item) const override;  // of the sample's members

 private:
  struct Place {
    uint32_t shard;
    uint32_t member_count;
    uint64_t first_member;
  };

  void take_listings(std::vector<ShardListing> listings, const std::vector<size_t>& splits);
  void find_fields(const SourceRequest& request, const Schema* own);
  void find_arrays();
  void note_label_in_json();
  void find_labels(const std::vector<std::string>& class_names);
  void key_contents();
  std::string label_text(uint64_t item, const MemberField& field) const;
  const ShardMember* find_member(const Place& place, const MemberField& field) const;
  Bytes member_bytes(const Place& place, const ShardMember& member) const;
  uint64_t span_of(const Place& place, uint64_t* begin) const;
  uint64_t hash_of(const ByteSource& source, const Place& place, ByteSpan together,
                   uint64_t begin) const;

  std::vector<std::string> paths_;
  std::vector<std::string> stems_;  // what tells the shards apart, without ".tar"
  bool compressed_ = false;
  std::vector<std::string> extensions_;
  std::vector<ShardMember> members_;
  std::vector<Place> places_;    // one an item
  std::vector<int64_t> labels_;  // one an item, or empty
  std::vector<MemberField> fields_;
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  std::unique_ptr<OpenSources> sources_;
};

}  // namespace stoker
