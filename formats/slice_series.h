// A folder of one-page TIFFs as the slices of one volume: which files are slices, and in which
// order.
//
// Files are taken in name order, numbers in names compared as numbers: slice_9 comes before
// slice_10, zero-padded or not. Only *.tif and *.tiff count, in any case of letters; hidden files
// and what systems leave lying about (._slice_9.tif) do not. Thread-safety: pure functions of the
// file system. Errors: Io.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stoker {

struct SliceSeries {
  std::vector<std::filesystem::path> files;
  std::vector<std::string> left_out;  // names of TIFFs that are hidden or junk
  uint64_t others = 0;                // files that are no TIFF, junk aside
  std::string an_other;               // the name of one
};

SliceSeries list_slices(const std::filesystem::path& folder);

// Corrupt where the names say that slices are missing, are there twice, or are of more than one
// volume; its path is the folder. Names without numbers say nothing. First number and step are
// free: 10, 20, 30 are whole, 10, 20, 40 are not.
void check_slice_numbers(const std::filesystem::path& folder,
                         const std::vector<std::filesystem::path>& files);

bool is_tiff_name(const std::filesystem::path& path);

// Byte order, but runs of digits by their value.
bool number_aware_less(std::string_view a, std::string_view b);

}  // namespace stoker
