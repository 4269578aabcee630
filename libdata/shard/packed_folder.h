// The output folder of a packing run: cleared of what killed runs left, kept from being mixed with
// another data set. Internal to libdata/shard.
#pragma once

#include <filesystem>

#include "libdata/sample/sample_writer.h"

namespace stoker {

// Removes what --force replaces and what killed runs left half written. InvalidArgument where the
// folder holds a data set of another plan, or one that neither resume nor force was given for.
void prepare_packed_folder(const std::filesystem::path& folder, const OutputRun& run);

}  // namespace stoker
