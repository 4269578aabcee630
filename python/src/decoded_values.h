// Stored values as arrays: where they lie in the shard, or decoded.
//
// Thread-safety: any number of threads; the GIL is held by the caller and let go while bytes are
// hashed and decoded. Errors: UsageError (a field of another kind, a box outside the volume),
// CorruptError with shard and offset.
#pragma once

#include <nanobind/nanobind.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "libdata/image/pixel_convert.h"
#include "libdata/volume/volume_geometry.h"
#include "python/src/opened_dataset.h"

namespace stoker {

// The value as it lies in the shard, read-only, without a copy: an inline field by its shape, a raw
// blob by the sample's; of an encoded blob (image file, bricks) its bytes, uint8 [size]. `owner`:
// the Python object that holds `dataset`.
nanobind::object stored_value(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                              nanobind::handle owner);

// uint8 [height, width, channels], decoded as Pillow's convert("RGB") does.
nanobind::object decoded_image(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                               Channels channels);

// A box of a volume, or all of it: [z, y, x], or [channel, z, y, x] of a field with channels.
nanobind::object decoded_box(const OpenDataset& dataset, uint64_t sample_id, size_t field,
                             const std::optional<Box>& box);

// The values of an inline field of all samples: [samples, ...shape], a copy.
nanobind::object inline_column(const OpenDataset& dataset, size_t field);

}  // namespace stoker
