#include "formats/tiff_advice.h"

#include <tiffio.h>

namespace stoker {
namespace {

std::string command(const std::string& expression) {
  return "; convert it, for example: python3 -c \"import numpy as np, tifffile; v = "
         "tifffile.imread('OLD.tif'); tifffile.imwrite('NEW.tif', " +
         expression + ", photometric='minisblack')\"";
}

bool is_colour(const TiffSample& sample) {
  return sample.samples != 1 || sample.photometric == PHOTOMETRIC_RGB ||
         sample.photometric > PHOTOMETRIC_PALETTE;
}

}  // namespace

std::string kind_of(const TiffSample& sample) {
  if (is_colour(sample)) {
    return "colour (" + std::to_string(sample.samples) + " samples a pixel, photometric " +
           std::to_string(sample.photometric) + ")";
  }
  if (sample.photometric == PHOTOMETRIC_PALETTE) return "a palette";
  std::string kind = "unsigned";
  if (sample.format == SAMPLEFORMAT_INT) kind = "signed";
  if (sample.format == SAMPLEFORMAT_IEEEFP) kind = "float";
  if (sample.format == SAMPLEFORMAT_COMPLEXINT || sample.format == SAMPLEFORMAT_COMPLEXIEEEFP) {
    kind = "complex";
  }
  return kind + " of " + std::to_string(sample.bits) + " bits";
}

std::string image_conversion(const TiffSample& sample) {
  if (sample.samples != 1) return command("v[..., :3].mean(-1).astype('u1')");
  if (sample.photometric == PHOTOMETRIC_PALETTE) {
    return "; a palette's numbers are no intensities: write the volume as 8- or 16-bit gray";
  }
  if (sample.photometric == PHOTOMETRIC_MINISWHITE && (sample.bits == 8 || sample.bits == 16)) {
    return "; invert the volume" + command("np.invert(v)");
  }
  switch (sample.format) {
    case SAMPLEFORMAT_INT:
      if (sample.bits == 8) return command("(v.astype('i2') + 128).astype('u1')");
      if (sample.bits == 16) return command("(v.astype('i4') + 32768).astype('u2')");
      break;
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
      return command("np.interp(abs(v), (0, abs(v).max()), (0, 65535)).astype('u2')");
    default:
      if (sample.bits == 1) return command("255 * v.astype('u1')");
  }
  return command("np.interp(v, (v.min(), v.max()), (0, 65535)).astype('u2')");
}

std::string label_conversion(const TiffSample& sample) {
  if (sample.photometric == PHOTOMETRIC_MINISWHITE) {
    return "; if the stored numbers are the labels, as nearly always, keep them and change the tag "
           "alone: inverting would make other labels of them" +
           command("v");
  }
  if (sample.samples != 1) {
    return "; labels are the numbers 0 (background), 1 (surface) and 2 (ignored), not colours: "
           "write those as 8-bit gray";
  }
  return command("np.rint(v.real).astype('u1')");
}

}  // namespace stoker
