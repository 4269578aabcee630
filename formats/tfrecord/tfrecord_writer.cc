#include "formats/tfrecord/tfrecord_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "formats/plain_fields.h"
#include "formats/tfrecord/example_encode.h"
#include "formats/tfrecord/example_fields.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

// "JPEG", as ImageNet's scripts write it.
std::string format_name(Codec codec) {
  std::string name(codec_name(codec));
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return name;
}

template <typename T>
void widen(ByteSpan bytes, std::vector<int64_t>& numbers) {
  for (size_t at = 0; at + sizeof(T) <= bytes.size(); at += sizeof(T))
    numbers.push_back(static_cast<int64_t>(load_le<T>(bytes.data() + at)));
}

std::vector<int64_t> integers_of(DType dtype, ByteSpan bytes) {
  std::vector<int64_t> numbers;
  numbers.reserve(bytes.size() / dtype_size(dtype));
  switch (dtype) {
    case DType::kUInt8:
      widen<uint8_t>(bytes, numbers);
      break;
    case DType::kInt8:
      widen<int8_t>(bytes, numbers);
      break;
    case DType::kUInt16:
      widen<uint16_t>(bytes, numbers);
      break;
    case DType::kInt16:
      widen<int16_t>(bytes, numbers);
      break;
    case DType::kInt32:
      widen<int32_t>(bytes, numbers);
      break;
    default:
      widen<int64_t>(bytes, numbers);
  }
  return numbers;
}

std::vector<float> floats_of(DType dtype, ByteSpan bytes) {
  std::vector<float> numbers;
  numbers.reserve(bytes.size() / dtype_size(dtype));
  for (size_t at = 0; at < bytes.size(); at += dtype_size(dtype)) {
    const uint8_t* place = bytes.data() + at;
    numbers.push_back(dtype == DType::kFloat16 ? half_to_float(load_le<uint16_t>(place))
                                               : load_le<float>(place));
  }
  return numbers;
}

// Every key that samples of the schema have, and the field that it comes from.
std::map<std::string, std::string> keys_of(const Schema& schema) {
  std::map<std::string, std::string> owners{{kNameFeature, "(name)"}};
  const auto take = [&](const std::string& key, const Field& field) {
    const auto [twin, is_new] = owners.emplace(key, field.name);
    if (is_new) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to tfrecord: the fields '{}' and '{}' would both have the key '{}'; "
                            "--drop {} leaves it out",
                            twin->second, field.name, key, field.name));
  };
  for (const Field& field : schema.fields) {
    if (holds_class_index(field)) {
      take(kLabelFeature, field);
      take(kClassTextFeature, field);
    } else if (field.name == "image" && holds_encoded_image(field)) {
      for (const char* key :
           {kImageFeature, "image/format", "image/height", "image/width", "image/channels"})
        take(key, field);
    } else {
      take(field.name, field);
      const bool array =
          field.storage == Storage::kBlob && !holds_encoded_image(field) && !holds_any_bytes(field);
      if (array) take(shape_feature_of(field.name), field);
    }
  }
  return owners;
}

class TfRecordFile : public UnitWriter {
 public:
  TfRecordFile(const fs::path& output, const PlannedShard& unit, const OutputRun& run)
      : path_(output / unit.file),
        schema_(run.manifest.schema),
        class_names_(run.manifest.class_names),
        file_(path_) {}

  void append(const Sample& sample) override {
    example_.clear();
    example_.add_bytes(kNameFeature, as_bytes(sample.name));
    for (size_t f = 0; f < schema_.fields.size(); ++f)
      add(schema_.fields[f], sample.values[f]);
    const std::vector<ByteSpan>& pieces = example_.record();
    for (const ByteSpan piece : pieces)
      hash_.update(piece);
    file_.write_gathered(pieces);
  }
  uint64_t size_bytes() const override { return file_.size(); }

  std::vector<UnitFileEntry> finish() override {
    file_.finish();
    return {{path_.filename().string(), file_.size(), hash_.digest()}};
  }

 private:
  void add(const Field& field, const FieldValue& value) {
    if (holds_class_index(field)) return add_label(load_le<int32_t>(value.bytes.data()));
    if (holds_encoded_image(field)) return add_image(field, value);
    if (holds_any_bytes(field)) return example_.add_bytes(field.name, value.bytes);
    if (field.dtype == DType::kFloat32 || field.dtype == DType::kFloat16) {
      example_.add_floats(field.name, floats_of(field.dtype, value.bytes));
    } else {
      example_.add_int64(field.name, integers_of(field.dtype, value.bytes));
    }
    if (field.storage == Storage::kInline) return;
    std::vector<int64_t> shape;
    for (size_t axis = 0; axis < field.axes.size(); ++axis)
      shape.push_back(value.shape[axis]);
    example_.add_int64(shape_feature_of(field.name), shape);
  }

  void add_number(const char* name, int64_t number) {
    example_.add_int64(name, std::array{number});
  }

  void add_label(int32_t label) {
    add_number(kLabelFeature, label);
    if (label < 0 || static_cast<size_t>(label) >= class_names_.size()) return;
    example_.add_bytes(kClassTextFeature, as_bytes(class_names_[static_cast<size_t>(label)]));
  }

  void add_image(const Field& field, const FieldValue& value) {
    if (field.name != "image") return example_.add_bytes(field.name, value.bytes);
    format_ = format_name(value.codec);
    example_.add_bytes(kImageFeature, value.bytes);
    example_.add_bytes("image/format", as_bytes(format_));
    add_number("image/height", value.shape[0]);
    add_number("image/width", value.shape[1]);
    add_number("image/channels", value.shape[2]);
  }

  fs::path path_;
  const Schema& schema_;
  const std::vector<std::string>& class_names_;
  AtomicFile file_;
  StreamHash128 hash_;
  ExampleBuilder example_;
  std::string format_;
};

}  // namespace

std::string TfRecordOutput::file_name(const std::string& split, uint32_t index,
                                      uint32_t count) const {
  return fmt::format("{}-{:05}-of-{:05}.tfrecord", split, index, count);
}

void TfRecordOutput::refuse(const Schema& schema) const {
  keys_of(schema);
}

std::unique_ptr<UnitWriter> TfRecordOutput::create(const PlannedShard& unit,
                                                   const OutputRun& run) const {
  return std::make_unique<TfRecordFile>(folder(), unit, run);
}

void TfRecordOutput::write_side_files(const Manifest& manifest) const {
  if (manifest.class_names.empty()) return;
  std::string text;
  for (const std::string& name : manifest.class_names)
    text += name + "\n";
  write_file_atomically(folder() / kTfRecordClasses, text);
}

}  // namespace stoker
