// The codec under which a whole image file of a kind is stored: packing writes it, checking
// compares.
#pragma once

#include <optional>

#include "libdata/image/image_probe.h"
#include "libdata/sample/schema.h"

namespace stoker {

inline std::optional<Codec> codec_of(ImageKind kind) {
  switch (kind) {
    case ImageKind::kJpeg:
      return Codec::kJpeg;
    case ImageKind::kPng:
      return Codec::kPng;
    case ImageKind::kBmp:
      return Codec::kBmp;
    case ImageKind::kWebp:
      return Codec::kWebp;
    case ImageKind::kTiff:
      return Codec::kTiff;
    case ImageKind::kGif:
      return Codec::kGif;
    case ImageKind::kPnm:
      return Codec::kPnm;
    case ImageKind::kUnknown:
      break;
  }
  return std::nullopt;
}

}  // namespace stoker
