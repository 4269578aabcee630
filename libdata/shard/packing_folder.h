// The output folder of a packing run: made, cleared of what killed runs left, kept from being mixed
// with another data set. Internal to libdata/shard.
#pragma once

#include <filesystem>

#include "libdata/core/folder_lock.h"
#include "libdata/shard/packing.h"

namespace stoker {

// Creates the folder where it is not there. NotFound or Io.
void make_folder(const std::filesystem::path& folder);

// Locks the folder, for itself or, as a part, with other parts. InvalidArgument where another
// program is at work in it.
FolderLock lock_output(const PackJob& job);

// Removes what --force replaces and what killed runs left half written. InvalidArgument where the
// folder holds a data set of another plan, or one that neither resume nor force was given for.
void prepare_output(const PackJob& job, const PackPlan& plan);

// After a failure: where not one shard was finished, the folder knows nothing worth keeping.
void tidy_failed_output(const std::filesystem::path& folder);

}  // namespace stoker
