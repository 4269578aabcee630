#include "tools/transform/volume_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "formats/labelled_volume.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"
#include "libdata/volume/volume_fields.h"
#include "libdata/volume/volume_schema.h"

namespace stoker {
namespace {

constexpr uint8_t kIgnored = 2;
constexpr double kTop8 = 255;
constexpr double kTop16 = 65535;

double number_of(std::string_view text, const std::string& all) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--window: expected two numbers LO,HI, found '{}'", all));
  }
  return value;
}

template <typename From, typename To>
void map_values(ByteSpan from, const ValueWindow& window, double top, std::span<uint8_t> out) {
  const double range = window.high - window.low;
  for (size_t i = 0; i < from.size() / sizeof(From); ++i) {
    const auto value = static_cast<double>(load_le<From>(from.data() + i * sizeof(From)));
    // NaN compares false, and ends at the lower end.
    const double place = value > window.low ? (value - window.low) * top / range : 0;
    store_le(&out[i * sizeof(To)], static_cast<To>(std::min(place, top) + 0.5));
  }
}

template <typename To>
void map_to(DType dtype, ByteSpan from, const ValueWindow& window, double top,
            std::span<uint8_t> out) {
  switch (dtype) {
    case DType::kUInt8:
      return map_values<uint8_t, To>(from, window, top, out);
    case DType::kInt8:
      return map_values<int8_t, To>(from, window, top, out);
    case DType::kUInt16:
      return map_values<uint16_t, To>(from, window, top, out);
    case DType::kInt16:
      return map_values<int16_t, To>(from, window, top, out);
    case DType::kInt32:
      return map_values<int32_t, To>(from, window, top, out);
    case DType::kInt64:
      return map_values<int64_t, To>(from, window, top, out);
    case DType::kFloat32:
      return map_values<float, To>(from, window, top, out);
    case DType::kFloat16:
      break;
  }
  throw Error(ErrorCode::kUnsupported, "a window of float16 values");
}

void refuse_image(const Field& image, const VolumeWindowOptions& options) {
  if (image.storage != Storage::kBlob || image.axes != "ZYX") {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("expected images of one channel (axes ZYX), found axes '{}'; "
                            "convert-dataset packs others",
                            image.axes));
  }
  if (image.dtype == DType::kFloat16) {
    throw Error(ErrorCode::kInvalidArgument, "images of float16 are not taken");
  }
  if (options.window || image.dtype == DType::kUInt8 || image.dtype == DType::kUInt16) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the images are {}, packed volumes are uint8 or uint16: --window LO,HI "
                          "says which values become black and white (for CT in Hounsfield units "
                          "-1000,1000, say), with --voxels 8 as 8 bits",
                          dtype_name(image.dtype)));
}

}  // namespace

ValueWindow parse_value_window(const std::string& text) {
  const size_t comma = text.find(',');
  if (comma == std::string::npos) number_of("", text);
  const ValueWindow window{number_of(std::string_view(text).substr(0, comma), text),
                           number_of(std::string_view(text).substr(comma + 1), text)};
  if (window.low < window.high) return window;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--window {}: expected the lower value first", text));
}

VolumeWindow::VolumeWindow(const Schema& input, const VolumeWindowOptions& options)
    : options_(options),
      image_(input.require(kImageField)),
      label_(input.find(kLabelField)),
      from_(input.fields[image_].dtype),
      schema_(input) {
  refuse_image(input.fields[image_], options);
  const bool wide = options.window ? true : from_ == DType::kUInt16;
  to_ = wide && options.keep_16_bits ? DType::kUInt16 : DType::kUInt8;
  Field image = image_field({to_, !options.window && from_ != to_});
  if (options.window) {
    image.definition = fmt::format("values {} to {} as 0 to {}{}", options.window->low,
                                   options.window->high, to_ == DType::kUInt8 ? kTop8 : kTop16,
                                   image.definition.empty() ? "" : "; " + image.definition);
  }
  schema_.fields[image_] = image;
  if (!label_) return;
  const Field& label = input.fields[*label_];
  if (label.storage != Storage::kBlob || label.axes != "ZYX" || label.dtype != DType::kUInt8) {
    throw Error(ErrorCode::kInvalidArgument,
                "expected labels as volumes of class indices, found another field 'label'; "
                "--no-labels packs images alone");
  }
  if (label.ignore_value && *label.ignore_value != kIgnored) {
    ignored_ = static_cast<uint8_t>(*label.ignore_value);
  }
  ignores_none_ = !label.ignore_value && !options.ignores_two;
  schema_.fields[*label_] = label_field();
}

std::map<std::string, std::string> VolumeWindow::describe() const {
  if (!options_.window) return {};
  return {{"window", fmt::format("{},{}", options_.window->low, options_.window->high)}};
}

uint64_t VolumeWindow::estimate(const PlannedItem& item) const {
  // Of the image's elements and, a byte each, the label's.
  const uint64_t element = dtype_size(from_) + (label_ ? 1 : 0);
  return std::max<uint64_t>(item.estimated_bytes / element * dtype_size(to_), 1);
}

void VolumeWindow::apply(Sample& sample) const {
  FieldValue& image = sample.values[image_];
  if (options_.window || from_ != to_) {
    Bytes& voxels = sample.next_buffer();
    voxels.resize(image.bytes.size() / dtype_size(from_) * dtype_size(to_));
    if (!options_.window) {
      for (size_t i = 0; i < voxels.size(); ++i)
        voxels[i] = narrow_voxel(load_le<uint16_t>(image.bytes.data() + i * sizeof(uint16_t)));
    } else if (to_ == DType::kUInt8) {
      map_to<uint8_t>(from_, image.bytes, *options_.window, kTop8, voxels);
    } else {
      map_to<uint16_t>(from_, image.bytes, *options_.window, kTop16, voxels);
    }
    image.bytes = voxels;
    image.decoded = {};
  }
  if (!ignored_ && !ignores_none_) return;
  FieldValue& label = sample.values[*label_];
  Bytes& labels = sample.next_buffer();
  labels.assign(label.bytes.begin(), label.bytes.end());
  for (uint8_t& value : labels) {
    if (ignored_ && value == *ignored_) {
      value = kIgnored;
    } else if (value >= kIgnored) {
      const std::string ignored = ignored_ ? fmt::format(", and {} to ignore", *ignored_) : "";
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("expected labels 0 and 1{}, found {} (convert-dataset packs sets of "
                              "more classes)",
                              ignored, value),
                  sample.source_path);
    }
  }
  label.bytes = labels;
  label.decoded = {};
}

}  // namespace stoker
