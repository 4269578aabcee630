// The manifest of one part of a packing plan: what --part leaves for --merge. Internal to
// libdata/shard.
#pragma once

#include <filesystem>
#include <string>

#include "libdata/shard/packing.h"

namespace stoker {

// part-00002-of-00008.json: a manifest that lists the part's shards only, and in its options how
// many shards the whole plan has ("plan_shards"). Never called dataset.json, so no reader takes a
// part for the whole.
void write_part_manifest(const std::filesystem::path& folder, const PackPart& part,
                         const PackPlan& plan, const Manifest& manifest);

std::string part_manifest_name(const PackPart& part);

// Whether a file of this name is one.
bool is_part_manifest(const std::string& file_name);

}  // namespace stoker
