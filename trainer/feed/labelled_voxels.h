// How much of a volume's label counts: voxels that are not ignored. Told by the table of the
// label's bricks; no voxel is read.
//
// Thread-safety: as PackedSplit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libdata/shard/joined_split.h"

namespace stoker {

// Nothing where the table cannot be read or has no counts: whoever reads the volume says why.
std::optional<uint64_t> labelled_voxels(const PackedSplit& split, size_t label_field,
                                        uint64_t sample);

// Voxels of background and of surface in all volumes. InvalidArgument where a volume's table does
// not tell.
std::array<uint64_t, 2> count_voxels(const JoinedSplit& data);

// Names of the volumes without a labelled voxel. Corrupt where that is all of them: there is
// nothing to learn from.
std::vector<std::string> check_labelled_voxels(const JoinedSplit& data);

}  // namespace stoker
