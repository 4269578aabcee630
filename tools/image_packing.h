// How one image of a source becomes one record: kept as it is, re-encoded, or decoded to pixels.
//
// Fields of the data set: "image" (blob, uint8, HWC) and "label" (inline int32, class index).
// Thread-safety: ImageEncoder::encode and prefetch run on many threads at once. Ownership: the
// listing must outlive the encoder. Errors about one image (Corrupt, Unsupported) carry the file
// and the byte offset of its first byte. What the loader would refuse by its header is refused
// here, in every encoding; the pixels of a JPEG that is kept are looked at with check_decode only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/image/image_probe.h"
#include "libdata/shard/packing.h"
#include "tools/open_archives.h"

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
  uint64_t seed = 0;
};

// InvalidArgument where options contradict one another.
void check_options(const ImagePackOptions& options);

Schema image_schema();
std::map<std::string, std::string> describe(const ImagePackOptions& options);
std::vector<PlannedItem> plan_images(const SourceListing& listing, const ImagePackOptions& options);

class ImageEncoder {
 public:
  ImageEncoder(const SourceListing& listing, const ImagePackOptions& options);

  void encode(uint64_t item, EncodedSample& sample) const;
  void prefetch(uint64_t item) const;
  uint64_t hash_source(uint64_t item) const;  // of the image's bytes, read for it

 private:
  void read(const SourceItem& item, Bytes& bytes) const;
  bool store_raw(uint64_t item) const;
  bool turns(const ImageInfo& info) const;
  void keep(const ImageInfo& info, EncodedSample& sample) const;
  void transform(const ImageInfo& info, bool raw, EncodedSample& sample) const;

  const SourceListing& listing_;
  ImagePackOptions options_;
  // Archives stay open, as many as there may be; a folder's files, one item each, are opened when
  // their turn comes.
  std::vector<bool> is_archive_;  // by file
  mutable OpenArchives archives_;
};

}  // namespace stoker
