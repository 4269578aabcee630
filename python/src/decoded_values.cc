#include "python/src/decoded_values.h"

#include <fmt/format.h>

#include <cstring>

#include "libdata/core/error.h"
#include "libdata/image/image_codec.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/volume_schema.h"
#include "python/src/array_views.h"

namespace stoker {
namespace nb = nanobind;
namespace {

ArrayShape shape_of(const Field& field, const Extents& extents) {
  return {extents.begin(), extents.begin() + field.rank()};
}

uint64_t bytes_of(const Field& field, const ArrayShape& shape) {
  uint64_t bytes = dtype_size(field.dtype);
  for (const size_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return ~uint64_t{0};
  }
  return bytes;
}

// Corrupt where a raw value is not as long as its shape says.
ArrayShape raw_shape(const Field& field, const BlobView& blob) {
  ArrayShape shape = shape_of(field, blob.shape);
  if (bytes_of(field, shape) == blob.bytes.size()) return shape;
  throw Error(ErrorCode::kCorrupt,
              fmt::format("field {}: expected the bytes of its shape, found {}", field.name,
                          blob.bytes.size()));
}

const Field& blob_field(const OpenDataset& dataset, size_t field, bool right_kind,
                        const char* expected) {
  const Field& found = dataset.schema().fields[field];
  if (found.storage == Storage::kBlob && right_kind) return found;
  throw Error(ErrorCode::kInvalidArgument, fmt::format("expected {}, found field '{}' of axes '{}'",
                                                       expected, found.name, found.axes));
}

// Runs `decode` without the GIL; its errors say where in the shard.
template <typename Decode>
void decode_unlocked(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                     const Decode& decode) {
  const nb::gil_scoped_release release;
  const BlobView blob = checked_blob(dataset, sample_id, field);
  try {
    decode(blob);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidArgument) throw;
    throw placed_in_shard(dataset, sample_id, blob, error);
  }
}

}  // namespace

nb::object stored_value(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                        nb::handle owner) {
  const Field& described = dataset.schema().fields[field];
  if (described.storage == Storage::kInline) {
    const ByteSpan bytes = dataset.split().inline_bytes(sample_id, field);
    return read_only_array(bytes.data(), described.dtype,
                           ArrayShape(described.shape.begin(), described.shape.end()), owner);
  }
  BlobView blob;
  if (dataset.check_hashes.covers(false)) {  // hashing takes long: not with the GIL held
    const nb::gil_scoped_release release;
    blob = checked_blob(dataset, sample_id, field);
  } else {
    blob = dataset.split().blob(sample_id, field);
  }
  if (blob.codec != Codec::kRaw) {
    return read_only_array(blob.bytes.data(), DType::kUInt8, {blob.bytes.size()}, owner);
  }
  try {
    return read_only_array(blob.bytes.data(), described.dtype, raw_shape(described, blob), owner);
  } catch (const Error& error) {
    throw placed_in_shard(dataset, sample_id, blob, error);
  }
}

nb::object decoded_image(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                         Channels channels) {
  const Field& described = dataset.schema().fields[field];
  blob_field(dataset, field, described.axes == "HWC" && described.dtype == DType::kUInt8,
             "a field of images (uint8, axes HWC)");
  Image image;
  decode_unlocked(dataset, sample_id, field, [&](const BlobView& blob) {
    if (blob.codec != Codec::kRaw) {
      decode_image(blob.bytes, channels, image);
      return;
    }
    const ArrayShape shape = raw_shape(described, blob);
    if (shape[2] != 1 && shape[2] != 3) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("expected an image of 1 or 3 channels, found {}", shape[2]));
    }
    image.height = static_cast<int64_t>(shape[0]);
    image.width = static_cast<int64_t>(shape[1]);
    image.channels = static_cast<int64_t>(shape[2]);
    image.pixels.assign(blob.bytes.begin(), blob.bytes.end());
    convert_channels(image, channels);
  });
  const ArrayShape shape{static_cast<size_t>(image.height), static_cast<size_t>(image.width),
                         static_cast<size_t>(image.channels)};
  return owned_array(std::move(image.pixels), DType::kUInt8, shape);
}

nb::object decoded_box(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                       const std::optional<Box>& asked) {
  const Field& described = dataset.schema().fields[field];
  blob_field(dataset, field, is_volume_field(described), "a field of volumes (axes ZYX or CZYX)");
  Bytes voxels;
  ArrayShape shape;
  decode_unlocked(dataset, sample_id, field, [&](const BlobView& blob) {
    if (blob.codec != Codec::kBricks) {
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("expected a volume in bricks, found codec {} (read it as a stored "
                              "value)",
                              codec_name(blob.codec)));
    }
    const BrickVolume volume = parse_bricks(blob.bytes);
    if (volume.shape().dtype != described.dtype) {
      throw Error(ErrorCode::kCorrupt,
                  fmt::format("holds {} voxels, the field is of {}",
                              dtype_name(volume.shape().dtype), dtype_name(described.dtype)));
    }
    const Box box = asked.value_or(Box{{0, 0, 0}, volume.shape().size_zyx});
    VolumeShape taken = volume.shape();
    taken.size_zyx = box.size_zyx;
    // The size of a box that leaves the volume may be anything: read_region refuses it.
    for (size_t axis = 0; axis < 3; ++axis) {
      if (box.begin_zyx[axis] >= 0 && box.size_zyx[axis] >= 1 &&
          box.size_zyx[axis] <= volume.shape().size_zyx[axis] - box.begin_zyx[axis]) {
        continue;
      }
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("expected a box inside the volume of {} voxels along axis {}, found "
                              "{} from {}",
                              volume.shape().size_zyx[axis], "zyx"[axis], box.size_zyx[axis],
                              box.begin_zyx[axis]));
    }
    voxels.resize(taken.byte_count());
    read_region(volume, blob.bytes, box, voxels);
    if (described.rank() == 4) shape.push_back(static_cast<size_t>(taken.channels));
    for (const int64_t size : taken.size_zyx)
      shape.push_back(static_cast<size_t>(size));
  });
  return owned_array(std::move(voxels), described.dtype, shape);
}

nb::object inline_column(const OpenDataset& dataset, size_t field) {
  const Field& described = dataset.schema().fields[field];
  if (described.storage != Storage::kInline) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("expected an inline field, found '{}', whose values are stored apart",
                            described.name));
  }
  const uint64_t samples = dataset.split().sample_count();
  ArrayShape shape{static_cast<size_t>(samples)};
  shape.insert(shape.end(), described.shape.begin(), described.shape.end());
  const size_t row =
      static_cast<size_t>(described.inline_element_count()) * dtype_size(described.dtype);
  Bytes values(samples * row);
  {
    const nb::gil_scoped_release release;
    for (uint64_t i = 0; i < samples; ++i) {
      const ByteSpan bytes = dataset.split().inline_bytes(i, field);
      std::memcpy(values.data() + i * row, bytes.data(), row);
    }
  }
  return owned_array(std::move(values), described.dtype, shape);
}

}  // namespace stoker
