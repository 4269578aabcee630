#include "formats/npy/array_column.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "libdata/core/error.h"

namespace stoker {
namespace {

constexpr size_t kPieceBytes = size_t{4} << 20;

std::string shape_text(const Extents& shape, int rank) {
  return fmt::format("{}", fmt::join(shape.begin(), shape.begin() + rank, "x"));
}

ElementType array_type(const Field& field, bool is_label) {
  return element_type_of(is_label ? DType::kInt64 : field.dtype);
}

}  // namespace

ArrayRows::ArrayRows(const Field& field)
    : field_(field),
      is_label_(field.name == "label" && field.storage == Storage::kInline &&
                field.dtype == DType::kInt32 && field.axes.empty()) {
  type_ = array_type(field, is_label_);
  for (const int64_t extent : field.shape)
    row_shape_.push_back(static_cast<uint64_t>(extent));
}

uint64_t ArrayRows::row_bytes() const {
  uint64_t bytes = type_.size_bytes;
  for (const uint64_t extent : row_shape_)
    bytes *= extent;
  return bytes;
}

ByteSpan ArrayRows::row_of(const FieldValue& value, const std::string& sample, Bytes& buffer) {
  if (is_label_) {
    buffer.resize(type_.size_bytes);
    convert_elements(element_type_of(field_.dtype), value.bytes, DType::kInt64, buffer);
    return buffer;
  }
  if (field_.storage == Storage::kInline) return value.bytes;
  if (!first_) {
    first_ = value.shape;
    first_name_ = sample;
    row_shape_.assign(value.shape.begin(), value.shape.begin() + field_.rank());
  }
  if (value.shape == *first_ && value.codec == Codec::kRaw && value.bytes.size() == row_bytes()) {
    return value.bytes;
  }
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{}: '{}' is {}, that of {} is {}: one array holds equal shapes alone. "
                          "Formats of one entry a sample (--to folder) keep them as they are; "
                          "--filter takes those of one shape",
                          sample, field_.name, shape_text(value.shape, field_.rank()), first_name_,
                          shape_text(*first_, field_.rank())));
}

void PlacedBytes::append(ByteSpan bytes) {
  if (buffer_.size() + bytes.size() > kPieceBytes) flush();
  if (bytes.size() >= kPieceBytes / 4) {
    flush();
    file_->write_at(end_, bytes);
    end_ += bytes.size();
    return;
  }
  if (buffer_.capacity() == 0) buffer_.reserve(kPieceBytes);
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void PlacedBytes::flush() {
  if (buffer_.empty()) return;
  file_->write_at(end_, buffer_);
  end_ += buffer_.size();
  buffer_.clear();
}

void refuse_unequal_fields(const Schema& schema, const std::string& format) {
  for (const Field& field : schema.fields) {
    const auto refuse = [&](std::string_view why) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("--to {} has no place for the field '{}': {}; --drop {} leaves it out",
                      format, field.name, why, field.name));
    };
    if (field.storage == Storage::kBlob && field.axes == "B") {
      refuse("its values are of any length, an array's rows are of one");
    }
    const bool plain = field.name.find('/') == std::string::npos && field.name.front() != '.' &&
                       std::none_of(field.name.begin(), field.name.end(),
                                    [](unsigned char c) { return c < 0x20; });
    if (!plain) refuse("its name cannot be a file's");
  }
}

}  // namespace stoker
