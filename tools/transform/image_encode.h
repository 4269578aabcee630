// How one image of a source becomes one record: kept as it is, re-encoded, or decoded to pixels.
//
// What goes in is a whole image file of any kind that nobody has looked at (a value without shape),
// a file whose codec and shape are known already, or pixels (Codec::kRaw with a shape).
// Thread-safety, ownership: as SampleTransform. Errors about one image (Corrupt, Unsupported) carry
// the file and the byte offset of its first byte. What the loader would refuse by its header is
// refused here, in every encoding; the pixels of a JPEG that is kept are looked at with
// check_decode only.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"
#include "libdata/sample/sample_transform.h"

namespace stoker {

enum class ImageEncoding {
  kOriginal,  // the source's bytes, whatever they are
  kJpeg,      // baseline JPEG, resized to fit; the source's bytes where they are that already
  kRaw,       // uint8 pixels, resized to fit
  kMixed,     // a share of the samples raw, the others jpeg
};

struct ImagePackOptions {
  ImageEncoding encoding = ImageEncoding::kOriginal;
  int64_t max_side = 0;       // 0: no limit; images are shrunk, never enlarged
  int64_t short_side = 0;     // 0: no limit; at most one of the two
  int quality = 90;           // of JPEGs that are encoded here
  bool reencode = false;      // kJpeg: encode again even what fits
  double raw_fraction = 0.5;  // kMixed
  bool upright = false;       // turn pixels by their Exif orientation; not with kOriginal
  bool check_decode = false;  // decode also what is kept as it is; finds damage inside an image
  // Outputs that hold image files only: pixels that nothing else would encode become PNG.
  bool pixels_as_png = false;
  uint64_t seed = 0;
};

// InvalidArgument where options contradict one another.
void check_options(const ImagePackOptions& options);

class ImageEncode : public SampleTransform {
 public:
  // InvalidArgument where `input` has no such field, or as check_options.
  ImageEncode(const Schema& input, const ImagePackOptions& options,
              const std::string& field = "image");

  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override;
  uint64_t estimate(const PlannedItem& item) const override;
  void apply(Sample& sample) const override;

 private:
  bool store_raw(uint64_t item) const;
  bool turns(const ImageInfo& info) const;
  void keep(const FieldValue& source, const ImageInfo& info, FieldValue& value) const;
  void transform(ByteSpan source, const ImageInfo& info, bool raw, Bytes& stored,
                 FieldValue& value) const;
  void apply_to_file(Sample& sample, FieldValue& image) const;
  void apply_to_pixels(Sample& sample, FieldValue& image) const;

  ImagePackOptions options_;
  std::string field_;
  size_t image_;
  Schema schema_;
};

}  // namespace stoker
