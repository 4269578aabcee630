#include "formats/webdataset/webdataset_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <utility>

#include "formats/class_name_files.h"
#include "formats/plain_fields.h"
#include "formats/tar_encode.h"
#include "formats/webdataset/field_extensions.h"
#include "formats/webdataset/npy_member.h"
#include "formats/webdataset/sample_keys.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr std::array<uint8_t, 512> kZeros{};

// One member of a sample: its bytes are `text` and then `bytes`.
struct Member {
  std::string extension;
  std::string text;
  ByteSpan bytes;
  uint64_t size() const { return text.size() + bytes.size(); }
};

Member make_member(const Field& field, const FieldExtension& extension, const FieldValue& value) {
  switch (extension.kind) {
    case MemberKind::kImage:
      return {image_extension(extension, value.codec), {}, value.bytes};
    case MemberKind::kLabel:
      return {extension.extension, std::to_string(load_le<int32_t>(value.bytes.data())), {}};
    case MemberKind::kArray:
      return {extension.extension,
              npy_header(element_type_of(field.dtype), array_shape(field, value)), value.bytes};
    default:
      return {extension.extension, {}, value.bytes};
  }
}

class TarShard : public UnitWriter {
 public:
  TarShard(const fs::path& output, const PlannedShard& unit, const OutputRun& run)
      : output_(output),
        path_(output / unit.file),
        fields_(run.manifest.schema.fields),
        extensions_(extensions_of(run.manifest.schema)),
        file_(path_) {}

  void append(const Sample& sample) override {
    const std::string key = take_key(sample.name);
    members_.clear();
    for (size_t f = 0; f < fields_.size(); ++f)
      members_.push_back(make_member(fields_[f], extensions_[f], sample.values[f]));
    std::sort(members_.begin(), members_.end(),
              [](const Member& a, const Member& b) { return a.extension < b.extension; });
    write_members(key);
  }
  uint64_t size_bytes() const override { return file_.size(); }

  std::vector<UnitFileEntry> finish() override {
    const Bytes end = tar_end(file_.size());
    write_pieces(std::array{ByteSpan(end)});
    std::vector<UnitFileEntry> files;
    if (names_differ_) {
      write_file_atomically(names_path(path_), names_);
      files.push_back(describe_unit_file(output_, names_path(path_)));
    }
    file_.finish();
    files.insert(files.begin(), {path_.filename().string(), file_.size(), hash_.digest()});
    return files;
  }

 private:
  std::string take_key(const std::string& name) {
    std::string key = key_of_sample(name);
    const auto [twin, is_new] = names_by_key_.emplace(key, name);
    if (!is_new) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' and '{}' would both have the key '{}', and readers of "
                              "WebDataset would take them for one sample: rename one of them, or "
                              "leave it out with --filter \"not name = '{}'\"",
                              twin->second, name, key, name));
    }
    names_differ_ = names_differ_ || key != name;
    names_ += fmt::format("{}\t{}\n", key, name);
    return key;
  }

  void write_members(const std::string& key) {
    headers_.clear();
    std::vector<size_t> ends;
    for (const Member& member : members_) {
      append_tar_header(key + "." + member.extension, member.size(), headers_);
      ends.push_back(headers_.size());
    }
    pieces_.clear();
    size_t begin = 0;
    for (size_t m = 0; m < members_.size(); ++m) {
      const Member& member = members_[m];
      const auto padding = static_cast<size_t>(tar_padding(member.size()));
      for (const ByteSpan piece :
           {ByteSpan(headers_).subspan(begin, ends[m] - begin), as_bytes(member.text), member.bytes,
            ByteSpan(kZeros).first(padding)}) {
        if (!piece.empty()) pieces_.push_back(piece);
      }
      begin = ends[m];
    }
    write_pieces(pieces_);
  }

  void write_pieces(std::span<const ByteSpan> pieces) {
    for (const ByteSpan piece : pieces)
      hash_.update(piece);
    file_.write_gathered(pieces);
  }

  fs::path output_;
  fs::path path_;
  const std::vector<Field>& fields_;
  std::vector<FieldExtension> extensions_;
  AtomicFile file_;
  StreamHash128 hash_;
  std::unordered_map<std::string, std::string> names_by_key_;
  std::string names_;
  bool names_differ_ = false;
  // Kept from sample to sample.
  std::vector<Member> members_;
  Bytes headers_;
  std::vector<ByteSpan> pieces_;
};

}  // namespace

std::string WebDatasetOutput::file_name(const std::string& split, uint32_t index, uint32_t) const {
  return fmt::format("{}-{:06}.tar", split, index);
}

void WebDatasetOutput::refuse(const Schema& schema) const {
  extensions_of(schema);
}

std::unique_ptr<UnitWriter> WebDatasetOutput::create(const PlannedShard& unit,
                                                     const OutputRun& run) const {
  return std::make_unique<TarShard>(folder(), unit, run);
}

void WebDatasetOutput::write_side_files(const Manifest& manifest) const {
  if (manifest.class_names.empty()) return;
  write_file_atomically(folder() / kWebDatasetClasses, encode_class_list(manifest.class_names));
}

}  // namespace stoker
