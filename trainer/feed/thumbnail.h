// A stored image made small, for a report.
//
// Any thread. What cannot be read or decoded is no reason to end anything: nothing is returned
// then.
#pragma once

#include <cstdint>
#include <optional>

#include "libdata/core/arrays.h"
#include "libdata/shard/packed_dataset.h"

namespace stoker {

// A JPEG of at most `side` pixels a side, of the whole image as it lies; never larger than that.
// Read by read calls, whatever --io says. `image_field`: a blob of uint8, HWC.
std::optional<Bytes> make_thumbnail(const PackedSplit& split, size_t image_field, uint64_t sample,
                                    int64_t side);

}  // namespace stoker
