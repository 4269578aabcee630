#include "tools/blob_check.h"

#include <fmt/format.h>

#include "libdata/image/image_codec.h"
#include "libdata/image/image_probe.h"
#include "libdata/volume/bricks.h"
#include "tools/image_kind_codec.h"

namespace stoker {
namespace {

Error mismatch(const std::string& message) {
  return Error(ErrorCode::kCorrupt, message);
}

std::vector<Error> check_image(const Field& field, const BlobView& blob) {
  const ImageKind kind = image_kind(blob.bytes);
  if (codec_of(kind).value_or(Codec::kRaw) != blob.codec) {
    return {mismatch(fmt::format("the index says {}, the bytes are of kind {}",
                                 codec_name(blob.codec), image_kind_name(kind)))};
  }
  const Image image = decode_image(blob.bytes);
  if (field.rank() != 3) return {mismatch("an image file in a field that has not 3 axes")};
  const Extents found{static_cast<uint32_t>(image.height), static_cast<uint32_t>(image.width),
                      static_cast<uint32_t>(image.channels), 0};
  if (found == blob.shape) return {};
  return {mismatch(
      fmt::format("decodes to {}x{}x{} (height, width, channels), the index says {}x{}x{}",
                  found[0], found[1], found[2], blob.shape[0], blob.shape[1], blob.shape[2]))};
}

// Extents of the volume in the order of the field's axes: "ZYX" or "CZYX".
std::vector<uint32_t> extents_of(const VolumeShape& shape, int rank) {
  std::vector<uint32_t> extents;
  if (rank == 4) extents.push_back(static_cast<uint32_t>(shape.channels));
  for (const int64_t size : shape.size_zyx)
    extents.push_back(static_cast<uint32_t>(size));
  return extents;
}

std::vector<Error> check_volume(const Field& field, const BlobView& blob) {
  const BrickVolume volume = parse_bricks(blob.bytes);
  std::vector<Error> errors;
  const std::vector<uint32_t> found = extents_of(volume.shape(), field.rank());
  const bool channels_fit = field.rank() == 4 || volume.shape().channels == 1;
  const std::vector<uint32_t> indexed(blob.shape.begin(), blob.shape.begin() + field.rank());
  if (!channels_fit || found != indexed) {
    errors.push_back(mismatch(fmt::format("holds {} voxels of {} channels, the index says {}",
                                          fmt::join(found, "x"), volume.shape().channels,
                                          fmt::join(indexed, "x"))));
  }
  if (volume.shape().dtype != field.dtype) {
    errors.push_back(
        mismatch(fmt::format("holds {} voxels, the field is of {}",
                             dtype_name(volume.shape().dtype), dtype_name(field.dtype))));
  }
  for (const BrickDamage& damage : verify_bricks(volume, blob.bytes)) {
    errors.emplace_back(ErrorCode::kCorrupt,
                        fmt::format("brick {} (voxels z, y, x from {}): {}", damage.brick,
                                    fmt::join(damage.box.begin_zyx, ", "), damage.reason),
                        "", damage.offset_bytes);
  }
  return errors;
}

}  // namespace

std::vector<Error> check_blob(const Field& field, const BlobView& blob) {
  switch (blob.codec) {
    case Codec::kRaw:
      return {};  // its length was held against its shape already
    case Codec::kBricks:
      return check_volume(field, blob);
    default:
      return check_image(field, blob);
  }
}

}  // namespace stoker
