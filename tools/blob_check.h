// Does a stored value decode to what the index promises? The half of deep verification that knows
// images and volumes, which libdata/shard does not.
//
// Thread-safety: any number of threads. Errors come back as a list: an image has at most one, a
// bricked volume one for each damaged brick. Offsets count from the blob's first byte.
#pragma once

#include <vector>

#include "libdata/core/error.h"
#include "libdata/sample/schema.h"
#include "libdata/shard/shard_reader.h"

namespace stoker {

std::vector<Error> check_blob(const Field& field, const BlobView& blob);

}  // namespace stoker
