#include "trainer/feed/thumbnail.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/image/image_codec.h"
#include "libdata/image/jpeg.h"
#include "libdata/image/resize.h"

namespace stoker {
namespace {

Image stored_image(const PackedSplit& split, size_t field, uint64_t sample) {
  const BlobView blob = split.blob(sample, field);
  const RangeFile file(split.shards()[split.locate(sample).shard].path());
  Bytes bytes = file.read(blob.offset_bytes, blob.bytes.size());
  if (blob.codec != Codec::kRaw) return decode_image(bytes);
  const auto [height, width, channels, unused] = blob.shape;
  return {height, width, channels, std::move(bytes)};
}

}  // namespace

std::optional<Bytes> make_thumbnail(const PackedSplit& split, size_t image_field, uint64_t sample,
                                    int64_t side) {
  constexpr int kQuality = 80;
  try {
    Image image = stored_image(split, image_field, sample);
    const ImageSize stored{image.height, image.width};
    const ImageSize small = fit_max_side(stored, side);
    if (small != stored) image = resize_area(image, small);
    JpegEncodeOptions options;
    options.quality = kQuality;
    return encode_jpeg(image, options);
  } catch (const Error& error) {
    spdlog::debug("no thumbnail: {}", error.what());
    return std::nullopt;
  }
}

}  // namespace stoker
