#include "libdata/image/image_codec.h"

#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>

#include "libdata/core/error.h"
#include "libdata/image/image_probe.h"

namespace stoker {
namespace {

// PNG at its densest: deflate expands 1032 times, a byte holds 8 pixels.
constexpr int64_t kPixelsPerBytePng = 1032 * 8;

void check_size(const ImageInfo& info, size_t size_bytes) {
  const std::string found = std::to_string(info.width) + "x" + std::to_string(info.height);
  if (info.width > kMaxImagePixels || info.height > kMaxImagePixels ||
      info.width * info.height > kMaxImagePixels)
    throw Error(ErrorCode::kUnsupported,
                "expected an image of at most 2^28 pixels, found " + found);
  if (info.kind == ImageKind::kPng &&
      info.width * info.height / kPixelsPerBytePng > static_cast<int64_t>(size_bytes))
    throw Error(ErrorCode::kCorrupt, "the PNG header promises " + found + " pixels, more than " +
                                         std::to_string(size_bytes) + " bytes can hold");
}

cv::Mat decode_with_opencv(ByteSpan bytes, const ImageInfo& info) {
  cv::Mat pixels;
  try {
    // OpenCV takes the bytes as a non-const matrix but does not write to them.
    const cv::Mat buffer(1, static_cast<int>(bytes.size()), CV_8U,
                         const_cast<uint8_t*>(bytes.data()));
    pixels = cv::imdecode(buffer, cv::IMREAD_UNCHANGED | cv::IMREAD_IGNORE_ORIENTATION);
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::kCorrupt, std::string(image_kind_name(info.kind)) +
                                         " image does not decode: " + error.what());
  }
  if (pixels.empty())
    throw Error(ErrorCode::kCorrupt,
                std::string(image_kind_name(info.kind)) +
                    " image does not decode: it is damaged, cut short or of a rare variety");
  return pixels;
}

cv::Mat to_8_bits(const cv::Mat& pixels) {
  cv::Mat out;
  switch (pixels.depth()) {
    case CV_8U:
      return pixels;
    case CV_16U:
      out.create(pixels.rows, pixels.cols, CV_MAKETYPE(CV_8U, pixels.channels()));
      for (int y = 0; y < pixels.rows; ++y) {
        const uint16_t* from = pixels.ptr<uint16_t>(y);
        uint8_t* to = out.ptr<uint8_t>(y);
        for (int x = 0; x < pixels.cols * pixels.channels(); ++x)
          to[x] = static_cast<uint8_t>(from[x] >> 8);
      }
      return out;
    default:
      throw Error(ErrorCode::kUnsupported, "expected pixels of 8 or 16 bits");
  }
}

// OpenCV's channels are gray, BGR or BGRA.
void store(const cv::Mat& pixels, Image& out) {
  if (pixels.channels() == 2 || pixels.channels() > 4)
    throw Error(ErrorCode::kUnsupported, "expected an image of 1, 3 or 4 channels, found " +
                                             std::to_string(pixels.channels()));
  out.height = pixels.rows;
  out.width = pixels.cols;
  out.channels = pixels.channels() == 1 ? 1 : 3;
  out.pixels.resize(static_cast<size_t>(out.height * out.width * out.channels));
  cv::Mat target(pixels.rows, pixels.cols, CV_MAKETYPE(CV_8U, static_cast<int>(out.channels)),
                 out.pixels.data());
  if (pixels.channels() == 1) pixels.copyTo(target);
  if (pixels.channels() == 3) cv::cvtColor(pixels, target, cv::COLOR_BGR2RGB);
  if (pixels.channels() == 4) cv::cvtColor(pixels, target, cv::COLOR_BGRA2RGB);
}

}  // namespace

void decode_image(ByteSpan bytes, Channels channels, Image& out) {
  const ImageInfo info = probe_image(bytes);
  switch (info.kind) {
    case ImageKind::kJpeg:
      decode_jpeg(bytes, channels, out);
      return;
    case ImageKind::kUnknown:
      throw Error(ErrorCode::kCorrupt,
                  bytes.empty() ? "expected an image, found no bytes"
                                : "expected a JPEG, PNG, BMP, WebP or TIFF image, found bytes of "
                                  "no known kind");
    case ImageKind::kGif:
      throw Error(ErrorCode::kUnsupported, "GIF images are not read; convert them to PNG");
    default:
      break;
  }
  check_size(info, bytes.size());
  store(to_8_bits(decode_with_opencv(bytes, info)), out);
  convert_channels(out, channels);
}

Image decode_image(ByteSpan bytes, Channels channels) {
  Image image;
  decode_image(bytes, channels, image);
  return image;
}

Bytes encode_png(const Image& image) {
  if (image.channels != 1 && image.channels != 3)
    throw Error(ErrorCode::kInvalidArgument,
                "PNG: expected 1 or 3 channels, found " + std::to_string(image.channels));
  Bytes bytes;
  try {
    const cv::Mat rgb(static_cast<int>(image.height), static_cast<int>(image.width),
                      CV_MAKETYPE(CV_8U, static_cast<int>(image.channels)),
                      const_cast<uint8_t*>(image.pixels.data()));
    cv::Mat bgr;
    if (image.channels == 3) cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
    cv::imencode(".png", image.channels == 3 ? bgr : rgb, bytes);
  } catch (const cv::Exception& error) {
    throw Error(ErrorCode::kInternal, std::string("OpenCV PNG: ") + error.what());
  }
  return bytes;
}

}  // namespace stoker
