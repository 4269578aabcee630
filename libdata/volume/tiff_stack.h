// Writes a volume of 8-bit voxels as a TIFF stack: one page a z slice, uncompressed, one strip a
// page, little-endian. For programs that must not depend on libtiff (the trainer); reading TIFF,
// and writing compressed ones, is formats/tiff's.
//
// Thread-safety: a free function. Errors: InvalidArgument for a volume that classic TIFF's 32-bit
// offsets cannot hold (about 4 GiB); Io. Replaces `path` as a whole.
// Source: TIFF 6.0, part 1 (baseline, bilevel excepted).
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "libdata/volume/volume_geometry.h"

namespace stoker {

// InvalidArgument where no such volume can be written: to be known before hours of work.
void check_tiff_stack_size(const Zyx& size_zyx);

void write_tiff_stack(const std::filesystem::path& path, const Zyx& size_zyx,
                      std::span<const uint8_t> voxels_zyx);

}  // namespace stoker
