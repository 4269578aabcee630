// The arrays of .npy and .npz files, each with its name, without their elements being read.
//
// Elements of .npy files and of stored members stay where they are, mapped; deflated members are
// inflated (stacked/inflated_bytes.h). The CRC-32 of every member is checked here, in parallel, but
// that of a member too large to be inflated into memory, which is checked as it is read.
// Thread-safety: free functions. Ownership: arrays share the files. Errors: as npy_header.h and
// zip_listing.h, with the path; Corrupt where elements are missing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "formats/stacked/strided_array.h"
#include "libdata/core/arrays.h"

namespace stoker {

struct NamedArray {
  std::string name;  // of the file or member, without ".npy"
  StridedArray array;
};

struct NamedArrays {
  std::vector<NamedArray> arrays;
  std::vector<SampleNote> notes;  // what is no array, bytes behind one
  // Arrays that are not read (elements or shapes that no field has), by their names, with reasons.
  std::vector<SampleNote> left_out;
};

// How much of deflated members may be held inflated, over all files of a source.
inline constexpr uint64_t kMostInflatedInAll = uint64_t{1} << 30;

// One array.
NamedArray open_npy(const std::filesystem::path& path, std::vector<SampleNote>& notes);
// `memory_left`: what may still be inflated into memory; taken from. A member that is larger than
// that, or than kMostInflatedInMemory, is read in its order.
NamedArrays open_npz(const std::filesystem::path& path, uint64_t& memory_left);

}  // namespace stoker
