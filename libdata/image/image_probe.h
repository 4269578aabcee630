// What an image's bytes say about themselves, read from the header alone; nothing is decoded.
//
// The kind comes from the magic bytes, never from a name: ImageNet has a PNG called .JPEG.
// Thread-safety: a pure function. Errors: Corrupt, with reason and byte offset, where a header of a
// known kind is cut short or contradicts itself; Unsupported where it tells of pixels that are not
// read and its size therefore is not either. Unknown kinds are not an error. What else is not read,
// decode_image and JpegDecoder::check_header tell.
// Source: ITU-T T.81 (JPEG markers), JFIF 1.02, Adobe TN 5116 (APP14), Exif 2.32, and the PNG, BMP,
// GIF, WebP (RIFF), Netpbm and TIFF 6.0 specifications. The orientation stands in a JPEG's Exif
// segment, a PNG's eXIf chunk, a WebP's EXIF chunk, a TIFF's Orientation tag. The colour space of a
// JPEG is settled by the same rules as libjpeg's default_decompress_parms.
#pragma once

#include <cstdint>
#include <string_view>

#include "libdata/core/arrays.h"

namespace stoker {

enum class ImageKind : uint8_t { kUnknown, kJpeg, kPng, kBmp, kWebp, kTiff, kGif, kPnm };

// How a JPEG's components are to be understood.
enum class JpegColor : uint8_t { kUnknown, kGray, kYCbCr, kRgb, kCmyk, kYcck };

// Chroma resolution against luma. kOther: sampling factors that have no usual name.
enum class Subsampling : uint8_t { kNone, k444, k422, k420, k440, k411, kOther };

struct ImageInfo {
  ImageKind kind = ImageKind::kUnknown;
  int64_t width = 0;  // in stored orientation; 0 where the kind is unknown
  int64_t height = 0;
  int channels = 0;          // of the decoded pixels: 1 for gray without alpha, else 3
  int exif_orientation = 1;  // 1..8 as in Exif; 1 where absent or unreadable. Never applied here.
  bool more_frames = false;  // an animation or further pages, of which the first is read

  // The rest is for JPEG only.
  int components = 0;
  JpegColor color = JpegColor::kUnknown;         // kCmyk also for a TIFF of inks
  Subsampling subsampling = Subsampling::kNone;  // kNone for gray
  bool progressive = false;
  bool arithmetic = false;  // arithmetic entropy coding
  bool baseline = false;    // SOF0, or SOF1 with 8 bits: what every decoder reads
  int bits_per_component = 8;
  uint64_t scan_offset_bytes = 0;  // of the first scan's header
};

// Corrupt where a JPEG, known by `info`, does not get to its end-of-image marker: a file cut short.
// Costs a look at its last bytes. Damage inside a scan needs decoding to be found.
void check_jpeg_end(ByteSpan bytes, const ImageInfo& info);

ImageKind image_kind(ByteSpan bytes);
ImageInfo probe_image(ByteSpan bytes);

std::string_view image_kind_name(ImageKind kind);         // "jpeg", "png" ... "unknown"
std::string_view jpeg_color_name(JpegColor color);        // "gray", "YCbCr" ...
std::string_view subsampling_name(Subsampling sampling);  // "4:4:4" ... "other"; "" for kNone

}  // namespace stoker
