#include "formats/image_reader.h"

#include <filesystem>
#include <utility>

#include "libdata/core/files.h"
#include "libdata/core/hash.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

Schema image_schema() {
  Field image;
  image.name = "image";
  image.axes = "HWC";
  image.unit = "0..255";
  image.color = "any";  // C = 1 is gray, C = 3 is RGB
  image.normalization = "none";
  Field label;
  label.name = "label";
  label.storage = Storage::kInline;
  label.dtype = DType::kInt32;
  label.unit = "class index";
  Schema schema;
  schema.fields = {image, label};
  return schema;
}

SourceEntry describe_source(const std::string& path) {
  std::error_code error;
  const uint64_t size = fs::is_regular_file(path) ? fs::file_size(path, error) : 0;
  return {own_name(path), size};
}

}  // namespace

ImageReader::ImageReader(SourceListing listing)
    : listing_(std::move(listing)),
      schema_(image_schema()),
      is_archive_(listing_.files.size()),
      archives_(listing_.files) {
  facts_.class_names = listing_.class_names;
  facts_.splits = listing_.splits;
  for (const std::string& path : listing_.archives)
    facts_.sources.push_back(describe_source(path));
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
  const auto* label = reinterpret_cast<const uint8_t*>(&item.label);
  Bytes& label_bytes = sample.next_buffer();
  label_bytes.assign(label, label + sizeof(item.label));
  FieldValue label_value;
  label_value.bytes = label_bytes;
  sample.values = {image, label_value};
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
