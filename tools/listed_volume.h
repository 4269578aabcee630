// One listed volume read into a sample, with what the sample's notes say of it: which file it came
// from, and what that file leaves open.
//
// Thread-safety: one sample belongs to one thread. Errors: those of labelled_volume.h.
#pragma once

#include "formats/volume_listing.h"
#include "libdata/shard/packing.h"
#include "tools/labelled_volume.h"

namespace stoker {

LabelledFacts read_listed_volume(const VolumeItem& item, DType voxels,
                                 const LabelledOutputs& outputs, EncodedSample& sample);

}  // namespace stoker
