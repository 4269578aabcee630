#include "libdata/image/tiff_layout.h"

#include <tiffio.h>

#include <string>

namespace stoker {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kUnsupported, "TIFF: " + what + "; convert the image to PNG");
}

uint16_t short_tag(TIFF* tiff, uint32_t tag) {
  uint16_t value = 0;
  TIFFGetFieldDefaulted(tiff, tag, &value);
  return value;
}

TiffColor color_of(TIFF* tiff) {
  uint16_t photometric = 0;
  if (TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric) == 0)
    throw Error(ErrorCode::kCorrupt, "TIFF: no PhotometricInterpretation");
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
      return TiffColor::kWhiteIsZero;
    case PHOTOMETRIC_MINISBLACK:
      return TiffColor::kGray;
    case PHOTOMETRIC_RGB:
      return TiffColor::kRgb;
    case PHOTOMETRIC_PALETTE:
      return TiffColor::kPalette;
    case PHOTOMETRIC_SEPARATED:
      if (short_tag(tiff, TIFFTAG_INKSET) != INKSET_CMYK) refuse("inks other than CMYK");
      return TiffColor::kCmyk;
    case PHOTOMETRIC_YCBCR:
      return TiffColor::kYCbCr;
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB:
      refuse("Lab colours are not read");
    default:
      refuse("PhotometricInterpretation " + std::to_string(photometric) + " is not read");
  }
}

int color_samples(TiffColor color) {
  switch (color) {
    case TiffColor::kCmyk:
      return 4;
    case TiffColor::kRgb:
    case TiffColor::kYCbCr:
      return 3;
    default:
      return 1;
  }
}

void read_alpha(TIFF* tiff, TiffLayout& layout) {
  uint16_t count = 0;
  uint16_t* kinds = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds);
  const int extra = layout.samples - color_samples(layout.color);
  if (extra < 0)
    throw Error(ErrorCode::kCorrupt, "TIFF: " + std::to_string(layout.samples) +
                                         " samples a pixel are too few for its colours");
  const uint16_t first = count > 0 ? kinds[0] : uint16_t{EXTRASAMPLE_UNSPECIFIED};
  layout.associated_alpha = extra > 0 && first == EXTRASAMPLE_ASSOCALPHA;
  layout.alpha = extra > 0 && (layout.associated_alpha || first == EXTRASAMPLE_UNASSALPHA);
  const bool one_sample = color_samples(layout.color) == 1;
  if (one_sample && extra > 0 && (extra > 1 || !layout.alpha || layout.associated_alpha))
    refuse("gray or palette with " + std::to_string(extra) +
           " more samples (only one, plain alpha, is read)");
  if (layout.associated_alpha && (layout.color != TiffColor::kRgb || layout.separate_planes))
    refuse("associated alpha of this kind is not read");
  if (layout.color == TiffColor::kYCbCr && extra > 0) refuse("YCbCr with more than 3 samples");
}

void check_samples(TIFF* tiff, const TiffLayout& layout) {
  const uint16_t format = short_tag(tiff, TIFFTAG_SAMPLEFORMAT);
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    refuse("expected unsigned whole numbers, found sample format " + std::to_string(format));
  const int bits = layout.bits;
  const bool small = bits == 1 || bits == 2 || bits == 4;
  const bool one_sample = color_samples(layout.color) == 1;
  const bool fits =
      bits == 8 ||
      (bits == 16 && layout.color != TiffColor::kPalette && layout.color != TiffColor::kYCbCr) ||
      (small && one_sample && !layout.alpha);
  if (!fits) refuse("samples of " + std::to_string(bits) + " bits of this colour are not read");
}

}  // namespace

int TiffLayout::needed_samples() const {
  return color_samples(color) + (associated_alpha ? 1 : 0);
}

TiffLayout read_tiff_layout(TiffHandle& handle) {
  TIFF* const tiff = handle.get();
  TiffLayout layout;
  uint32_t width = 0;
  uint32_t height = 0;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
  layout.width = width;
  layout.height = height;
  const uint16_t compression = short_tag(tiff, TIFFTAG_COMPRESSION);
  if (TIFFIsCODECConfigured(compression) == 0)
    refuse("compression " + std::to_string(compression) + " is not read by this libtiff");
  layout.uncompressed = compression == COMPRESSION_NONE;
  layout.separate_planes = short_tag(tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
  layout.bits = short_tag(tiff, TIFFTAG_BITSPERSAMPLE);
  layout.samples = short_tag(tiff, TIFFTAG_SAMPLESPERPIXEL);
  layout.color = color_of(tiff);
  if (compression == COMPRESSION_JPEG && layout.color == TiffColor::kYCbCr &&
      !layout.separate_planes) {
    TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    layout.color = TiffColor::kRgb;
  }
  read_alpha(tiff, layout);
  check_samples(tiff, layout);
  return layout;
}

}  // namespace stoker
