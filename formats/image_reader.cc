#include "formats/image_reader.h"

#include <filesystem>
#include <utility>

#include "formats/plain_fields.h"
#include "formats/source_entries.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/sample/inline_number.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

Schema image_schema() {
  Schema schema;
  schema.fields = {encoded_image_field("image"), class_index_field()};
  return schema;
}

}  // namespace

ImageReader::ImageReader(SourceListing listing)
    : listing_(std::move(listing)),
      schema_(image_schema()),
      is_archive_(listing_.files.size()),
      archives_(listing_.files) {
  facts_.class_names = listing_.class_names;
  facts_.splits = listing_.splits;
  facts_.sources = describe_sources({listing_.archives.begin(), listing_.archives.end()});
  facts_.notes = listing_.notes;
  std::vector<uint32_t> items_in_file(listing_.files.size());
  items_.reserve(listing_.items.size());
  for (const SourceItem& source : listing_.items) {
    ++items_in_file[source.file];
    PlannedItem item;
    item.name = source.name;
    item.split = source.split;
    item.estimated_bytes = source.size_bytes;
    item.content_key = (source.size_bytes << 16) ^ static_cast<uint32_t>(source.label);
    items_.push_back(std::move(item));
  }
  for (size_t file = 0; file < items_in_file.size(); ++file)
    is_archive_[file] = items_in_file[file] > 1;
}

void ImageReader::read_bytes(const SourceItem& item, Bytes& bytes) const {
  bytes.resize(item.size_bytes);
  if (is_archive_[item.file]) {
    archives_.open(item.file)->read(item.offset_bytes, bytes);
  } else {
    RangeFile(listing_.files[item.file]).read(item.offset_bytes, bytes);
  }
}

void ImageReader::read(Sample& sample) const {
  const SourceItem& item = listing_.items[sample.item];
  sample.source_path = listing_.files[item.file];
  sample.source_offset_bytes = item.offset_bytes;
  Bytes& bytes = sample.next_buffer();
  read_bytes(item, bytes);
  sample.source_hash = xxh3_64(bytes);
  FieldValue image;
  image.bytes = bytes;
  image.hash = sample.source_hash;
  sample.values = {image, inline_number(item.label, sample)};
}

void ImageReader::prefetch(uint64_t index) const {
  const SourceItem& item = listing_.items[index];
  if (is_archive_[item.file]) {
    archives_.open(item.file)->will_need(item.offset_bytes, item.size_bytes);
  }
}

std::vector<fs::path> ImageReader::source_files(uint64_t item) const {
  return {listing_.files[listing_.items[item].file]};
}

uint64_t ImageReader::hash_source(uint64_t item) const {
  thread_local Bytes bytes;
  read_bytes(listing_.items[item], bytes);
  return xxh3_64(bytes);
}

}  // namespace stoker
