// dataset.json: the manifest of a packed data set, as text.
//
// Thread-safety: free functions. The text is a pure function of the values (no times, hosts or
// thread counts), so that equal inputs and options give equal bytes. Its last line is a hash over
// everything before it, so that damage to the manifest itself is found. Source: shard_format.md,
// "Manifest".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "libdata/sample/dataset_manifest.h"

namespace stoker {

inline constexpr const char* kManifestName = "dataset.json";

std::string encode_manifest(const Manifest& manifest);

// Corrupt (not JSON, hash mismatch, missing or ill-typed member, sums that do not add up) or
// Unsupported (another version).
Manifest decode_manifest(std::string_view text);

Manifest read_manifest(const std::filesystem::path& path);
void write_manifest(const std::filesystem::path& path, const Manifest& manifest);

}  // namespace stoker
