#include "tools/transform/image_encode.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "libdata/core/error.h"
#include "libdata/core/random.h"
#include "libdata/image/image_codec.h"
#include "libdata/image/jpeg.h"
#include "libdata/image/jpeg_decoder.h"
#include "libdata/image/orientation.h"
#include "libdata/image/resize.h"
#include "tools/image_kind_codec.h"

namespace stoker {
namespace {

// Bytes that a packed image takes for one byte of source or pixel; only the cut into shards of
// about equal size depends on them. Measured on ImageNet: 5 bytes of pixels to one of JPEG, 0.35
// bytes of JPEG at quality 90 a pixel, and sides of about 4:3.
constexpr double kPixelBytesPerJpegByte = 5.0;
constexpr double kJpegBytesPerPixel = 0.35;
constexpr double kAspectArea = 0.75;

constexpr const char* kMainField = "image";

// The draw that decides which samples of a mixed data set are raw has an epoch number of its own.
constexpr uint64_t kMixedDraw = 0xffffffffu;

bool is_cmyk(const ImageInfo& info) {
  return info.color == JpegColor::kCmyk || info.color == JpegColor::kYcck;
}

bool has_jpeg_name(const std::string& name) {
  std::string extension = std::filesystem::path(name).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".jpg" || extension == ".jpeg";
}

Extents extents(int64_t height, int64_t width, int64_t channels) {
  return {static_cast<uint32_t>(height), static_cast<uint32_t>(width),
          static_cast<uint32_t>(channels), 0};
}

ImageSize fitted_size(ImageSize size, const ImagePackOptions& options) {
  if (options.max_side > 0) return fit_max_side(size, options.max_side);
  if (options.short_side > 0) return fit_short_side(size, options.short_side);
  return size;
}

uint16_t source_flags(const ImageInfo& info, const std::string& name, bool turned) {
  unsigned flags = 0;
  if (is_cmyk(info)) flags |= kFlagCmyk;
  if (info.kind != ImageKind::kJpeg && has_jpeg_name(name)) flags |= kFlagNotJpeg;
  if (info.exif_orientation != 1 && !turned) flags |= kFlagRotated;
  if (info.color == JpegColor::kGray) flags |= kFlagGray;
  return static_cast<uint16_t>(flags);
}

void add_note(std::string& notes, const std::string& note) {
  if (note.empty()) return;
  notes += (notes.empty() ? "" : "; ") + note;
}

// What the manifest says of an image that is not stored the way it came, or is more than what is
// read of it; empty for plain ones.
std::string describe_oddity(const ImageInfo& info, uint16_t flags, bool kept, bool turned) {
  std::string what;
  if ((flags & kFlagCmyk) != 0)
    what = fmt::format("{} {}", jpeg_color_name(info.color),
                       info.kind == ImageKind::kTiff ? "TIFF" : "JPEG");
  if ((flags & kFlagNotJpeg) != 0) {
    what = std::string(image_kind_name(info.kind)) + " bytes under a JPEG name";
  }
  if (!what.empty()) what += kept ? ", kept as it is" : ", converted to RGB";
  if (info.more_frames) {
    const bool pages = info.kind == ImageKind::kTiff;
    add_note(what, fmt::format("{} of several {}, {}", image_kind_name(info.kind),
                               pages ? "pages" : "frames",
                               kept ? "kept whole: the first is read" : "the first is stored"));
  }
  if (turned) add_note(what, fmt::format("turned by EXIF orientation {}", info.exif_orientation));
  return what;
}

// The index will say what the header says; the loader's decoder must say the same.
void check_kept_jpeg(ByteSpan source, const ImageInfo& info) {
  const JpegDecoder::Header header = JpegDecoder().check_header(source);
  if (header.size != ImageSize{info.height, info.width} || header.channels != info.channels)
    throw Error(ErrorCode::kCorrupt, "the JPEG's header can be read in two ways");
  check_jpeg_end(source, info);
}

void check_jpeg_sides(ImageSize size) {
  if (std::max(size.height, size.width) <= kMaxJpegSide) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("a JPEG's sides are at most {} pixels, the image has {}x{} (width x "
                          "height): choose --encode raw, or shrink it with --max-side",
                          kMaxJpegSide, size.width, size.height));
}

}  // namespace

void check_options(const ImagePackOptions& options) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::kInvalidArgument, why); };
  if (options.max_side > 0 && options.short_side > 0) {
    refuse("--max-side and --short-side exclude one another");
  }
  const bool resizes = options.max_side > 0 || options.short_side > 0;
  if (options.encoding == ImageEncoding::kOriginal && (resizes || options.reencode)) {
    refuse(
        "--encode original keeps the source's bytes; for --max-side, --short-side or --reencode "
        "choose --encode jpeg, raw or mixed");
  }
  if (options.encoding == ImageEncoding::kOriginal && options.upright) {
    refuse(
        "--encode original keeps the source's bytes, which --orientation apply would turn; choose "
        "--encode jpeg, raw or mixed");
  }
}

ImageEncode::ImageEncode(const Schema& input, const ImagePackOptions& options,
                         const std::string& field)
    : options_(options), field_(field), image_(input.require(field)), schema_(input) {
  check_options(options);
}

std::map<std::string, std::string> ImageEncode::describe() const {
  constexpr const char* kNames[] = {"original", "jpeg", "raw", "mixed"};
  std::map<std::string, std::string> text;
  text["encode"] = kNames[static_cast<int>(options_.encoding)];
  if (options_.max_side > 0) text["max-side"] = std::to_string(options_.max_side);
  if (options_.short_side > 0) text["short-side"] = std::to_string(options_.short_side);
  const bool writes_jpeg =
      options_.encoding == ImageEncoding::kJpeg || options_.encoding == ImageEncoding::kMixed;
  if (writes_jpeg) text["quality"] = std::to_string(options_.quality);
  if (writes_jpeg) text["reencode"] = options_.reencode ? "true" : "false";
  if (options_.encoding == ImageEncoding::kMixed) {
    text["raw-fraction"] = fmt::format("{}", options_.raw_fraction);
  }
  if (options_.upright) text["orientation"] = "apply";
  if (field_ == kMainField) return text;
  std::map<std::string, std::string> named;  // of several images in a sample
  for (const auto& [name, value] : text)
    named[name + ":" + field_] = value;
  return named;
}

uint64_t ImageEncode::estimate(const PlannedItem& item) const {
  const int64_t side = options_.max_side > 0 ? options_.max_side : options_.short_side * 4 / 3;
  const double pixels = static_cast<double>(side * side) * kAspectArea;
  const auto source = static_cast<double>(item.estimated_bytes);
  const double jpeg = side > 0 ? std::min(source, pixels * kJpegBytesPerPixel) : source;
  const double raw_source = source * kPixelBytesPerJpegByte;
  const double raw = side > 0 ? std::min(raw_source, pixels * 3) : raw_source;
  double bytes = options_.raw_fraction * raw + (1 - options_.raw_fraction) * jpeg;
  if (options_.encoding == ImageEncoding::kOriginal) bytes = source;
  if (options_.encoding == ImageEncoding::kJpeg) bytes = jpeg;
  if (options_.encoding == ImageEncoding::kRaw) bytes = raw;
  return std::max<uint64_t>(1, static_cast<uint64_t>(bytes));
}

bool ImageEncode::store_raw(uint64_t item) const {
  if (options_.encoding == ImageEncoding::kRaw) return true;
  if (options_.encoding != ImageEncoding::kMixed) return false;
  return RandomStream(options_.seed, kMixedDraw, item).next_double() < options_.raw_fraction;
}

void ImageEncode::apply(Sample& sample) const {
  FieldValue& image = sample.values[image_];
  try {
    if (image.codec == Codec::kRaw && image.shape != Extents{}) {
      apply_to_pixels(sample, image);
    } else {
      apply_to_file(sample, image);
    }
  } catch (const Error& error) {
    // Offsets that a decoder names are within the image; the place in the file is what helps.
    throw Error(error.code(), error.message(), sample.source_path, sample.source_offset_bytes);
  }
}

void ImageEncode::apply_to_file(Sample& sample, FieldValue& image) const {
  const FieldValue source = image;
  image = {};
  if (source.bytes.empty()) {
    throw Error(ErrorCode::kCorrupt, "expected an image, found no bytes");
  }
  const ImageInfo info = probe_image(source.bytes);
  const bool raw = store_raw(sample.item);
  const ImageSize stored{info.height, info.width};
  const bool turned = turns(info);
  const bool fits = !turned && fitted_size(stored, options_) == stored;
  const bool plain = info.baseline && !is_cmyk(info);
  if (options_.encoding == ImageEncoding::kOriginal ||
      (!raw && fits && plain && !options_.reencode)) {
    keep(source, info, image);
  } else {
    transform(source.bytes, info, raw, sample.next_buffer(), image);
  }
  image.original_shape = extents(info.height, info.width, image.shape[2]);
  const uint16_t flags = source_flags(info, sample.name, turned);
  image.flags = static_cast<uint16_t>(image.flags | flags);
  const bool kept = options_.encoding == ImageEncoding::kOriginal;
  add_note(sample.normalized, describe_oddity(info, flags, kept, turned));
}

// Flags and size before are those that the source tells, if it does.
void ImageEncode::apply_to_pixels(Sample& sample, FieldValue& image) const {
  const Extents original = image.original_shape == Extents{} ? image.shape : image.original_shape;
  const bool raw = options_.encoding == ImageEncoding::kOriginal ? !options_.pixels_as_png
                                                                 : store_raw(sample.item);
  const ImageSize stored{image.shape[0], image.shape[1]};
  const ImageSize size = fitted_size(stored, options_);
  if (!raw || size != stored) {
    Image pixels{stored.height, stored.width, image.shape[2], {}};
    pixels.pixels.assign(image.bytes.begin(), image.bytes.end());
    if (size != stored) pixels = resize_area(pixels, size);
    Bytes& bytes = sample.next_buffer();
    const bool png = options_.encoding == ImageEncoding::kOriginal;
    if (!raw && !png) check_jpeg_sides(size);
    JpegEncodeOptions jpeg;
    jpeg.quality = options_.quality;
    const uint16_t kept = image.flags;
    const Extents shape = extents(pixels.height, pixels.width, pixels.channels);
    bytes = raw ? std::move(pixels.pixels) : png ? encode_png(pixels) : encode_jpeg(pixels, jpeg);
    image = {};
    image.bytes = bytes;
    image.codec = raw ? Codec::kRaw : png ? Codec::kPng : Codec::kJpeg;
    image.shape = shape;
    image.flags =
        static_cast<uint16_t>(kept | kFlagReencoded | (size != stored ? kFlagResized : 0));
  }
  image.original_shape = original;
}

bool ImageEncode::turns(const ImageInfo& info) const {
  return options_.upright && info.exif_orientation != 1;
}

void ImageEncode::keep(const FieldValue& source, const ImageInfo& info, FieldValue& value) const {
  const std::optional<Codec> codec = codec_of(info.kind);
  if (!codec) throw Error(ErrorCode::kCorrupt, "expected an image, found bytes of no known kind");
  value.codec = *codec;
  if (options_.check_decode || info.kind != ImageKind::kJpeg) {
    decode_image(source.bytes);
  } else {
    check_kept_jpeg(source.bytes, info);
  }
  value.bytes = source.bytes;
  value.hash = source.hash;
  value.shape = extents(info.height, info.width, info.channels);
  if (info.progressive) value.flags = kFlagProgressive;
}

void ImageEncode::transform(ByteSpan source, const ImageInfo& info, bool raw, Bytes& stored,
                            FieldValue& value) const {
  const int orientation = turns(info) ? info.exif_orientation : 1;
  const ImageSize size =
      fitted_size(upright_size({info.height, info.width}, orientation), options_);
  if (!raw) check_jpeg_sides(size);
  Image image;
  image.pixels = std::move(stored);  // reuses the memory of the sample before
  decode_image(source, Channels::kAsStored, image);
  image = turn_upright(std::move(image), orientation);
  const bool resized = size != ImageSize{image.height, image.width};
  if (resized) image = resize_area(image, size);
  value.shape = extents(image.height, image.width, image.channels);
  value.codec = raw ? Codec::kRaw : Codec::kJpeg;
  value.flags = static_cast<uint16_t>(kFlagReencoded | (resized ? kFlagResized : 0));
  JpegEncodeOptions jpeg;
  jpeg.quality = options_.quality;
  stored = raw ? std::move(image.pixels) : encode_jpeg(image, jpeg);
  value.bytes = stored;
}

}  // namespace stoker
