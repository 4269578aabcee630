#include "formats/npy/npz_folder.h"

#include <deque>
#include <optional>
#include <utility>

#include "formats/npy/array_column.h"
#include "formats/npy/crc32.h"
#include "formats/npy/npy_folder.h"
#include "formats/npy/npy_header.h"
#include "formats/npy/npy_source.h"
#include "formats/npy/zip_records.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// A member in the making: its place follows from the number of samples that are planned.
struct Column {
  explicit Column(const Field& field) : rows(field), name(field.name + ".npy") {}

  std::string header(uint64_t count) const {
    return npy_header(rows.type(), count, rows.row_shape());
  }

  ArrayRows rows;
  std::string name;
  uint64_t begin = 0;  // of the member's bytes, the array's header
  std::optional<PlacedBytes> bytes;
};

class NpzUnit : public UnitWriter {
 public:
  NpzUnit(const fs::path& output, const std::string& split, const Schema& schema, uint64_t planned)
      : output_(output),
        path_(output / (split + ".npz")),
        names_path_(output / (split + kNamesEnding)),
        planned_(planned),
        file_(path_),
        names_(names_path_) {
    for (const Field& field : schema.fields)
      columns_.emplace_back(field);
  }

  void append(const Sample& sample) override {
    std::vector<ByteSpan> rows;
    buffers_.resize(columns_.size());
    for (size_t f = 0; f < columns_.size(); ++f)
      rows.push_back(columns_[f].rows.row_of(sample.values[f], sample.name, buffers_[f]));
    if (count_ == 0) place_columns();
    for (size_t f = 0; f < columns_.size(); ++f)
      columns_[f].bytes->append(rows[f]);
    names_.append(sample.name);
    ++count_;
    size_bytes_ += std::max<uint64_t>(1, row_bytes());
  }
  uint64_t size_bytes() const override { return size_bytes_; }

  std::vector<UnitFileEntry> finish() override {
    if (count_ == 0) place_columns();
    uint64_t end = 0;
    for (Column& column : columns_) {
      column.bytes->flush();
      file_.write_at(column.begin, as_bytes(column.header(count_)));
      end = place_end(column);
    }
    std::vector<ZipMember> members = describe_members();
    for (const ZipMember& member : members) {
      file_.write_at(member.begin - zip_local_header_bytes(member.name),
                     as_bytes(zip_local_header(member)));
    }
    file_.write_at(end, as_bytes(zip_directory(members, end)));
    file_.finish();
    names_.finish();
    return {describe_unit_file(output_, path_), describe_unit_file(output_, names_path_)};
  }

 private:
  uint64_t row_bytes() const {
    uint64_t bytes = 0;
    for (const Column& column : columns_)
      bytes += column.rows.row_bytes();
    return bytes;
  }

  uint64_t place_end(const Column& column) const {
    return column.begin + column.header(0).size() + planned_ * column.rows.row_bytes();
  }

  void place_columns() {
    if (count_ == 0 && columns_.front().bytes) return;
    uint64_t at = 0;
    for (Column& column : columns_) {
      column.begin = at + zip_local_header_bytes(column.name);
      column.bytes.emplace(&file_, column.begin + column.header(0).size());
      at = place_end(column);
    }
  }

  // Sizes, and the CRC-32 of what has been written.
  std::vector<ZipMember> describe_members() const {
    const MappedFile written(path_.string() + kTemporaryEnding, AccessPattern::kSequential);
    std::vector<ZipMember> members;
    for (const Column& column : columns_) {
      ZipMember member;
      member.name = column.name;
      member.begin = column.begin;
      member.size = column.header(0).size() + count_ * column.rows.row_bytes();
      member.plain_size = member.size;
      member.crc = crc32_of(written.bytes().subspan(member.begin, member.size));
      members.push_back(std::move(member));
    }
    return members;
  }

  fs::path output_;
  fs::path path_;
  fs::path names_path_;
  uint64_t planned_;
  AtomicFile file_;
  SampleNames names_;
  std::deque<Column> columns_;
  std::vector<Bytes> buffers_;
  uint64_t count_ = 0;
  uint64_t size_bytes_ = 0;
};

}  // namespace

std::string NpzFolder::file_name(const std::string& split, uint32_t, uint32_t) const {
  return split + ".npz";
}

void NpzFolder::refuse(const Schema& schema) const {
  refuse_unequal_fields(schema, "npz");
}

std::unique_ptr<UnitWriter> NpzFolder::create(const PlannedShard& unit,
                                              const OutputRun& run) const {
  return std::make_unique<NpzUnit>(folder(), run.splits[unit.split], run.manifest.schema,
                                   unit.items.size());
}

void NpzFolder::write_side_files(const Manifest& manifest) const {
  write_class_list(folder(), manifest.class_names);
}

std::vector<std::string> NpzFolder::side_files() const {
  return {kClassListName};
}

}  // namespace stoker
