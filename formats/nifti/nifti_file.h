// A NIfTI file on disk: .nii, or .hdr with .img beside it, either of them packed by gzip or not.
//
// Thread-safety: free functions; any number of threads. Errors: as nifti_header.h, with the path;
// NotFound for a file that is not there; Corrupt where the file is too small for what its header
// promises, which is found before memory is taken.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "formats/nifti/nifti_header.h"
#include "libdata/core/arrays.h"

namespace stoker {

// "scan" of "scan.nii.gz", "scan.nii", "scan.hdr" ..., in any case of letters; empty for other
// names. The .img of a pair is no name of its own.
std::string_view nifti_stem(std::string_view file_name);

// The header of a pair whose voxels (.img) were named; other paths as they are.
std::filesystem::path header_of_pair(const std::filesystem::path& path);

NiftiHeader read_nifti_header(const std::filesystem::path& path);

// The stored elements as they lie in the file, channel slowest and x fastest, at `bytes`' own
// place in `buffer`, which is resized. `header` is the file's own.
ByteSpan read_nifti_data(const std::filesystem::path& path, const NiftiHeader& header,
                         Bytes& buffer);

// The files there are: the one, or the header and the voxels of a pair.
std::vector<std::filesystem::path> nifti_files(const std::filesystem::path& path);

// Changes whenever the file's content may have: sizes, and the checksums of packed files.
uint64_t nifti_content_key(const std::filesystem::path& path);

}  // namespace stoker
