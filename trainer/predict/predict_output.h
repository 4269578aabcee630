// The files that `predict` writes, tried before work starts: an hour of work ends in no message
// that a second could have given.
//
// One thread. Errors: InvalidArgument for a folder that is a file, or a file that is a folder; Io
// or NotFound where nothing can be written, with the path.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace stoker {

// Makes the folder where it is not there.
void make_output_folder(const std::filesystem::path& folder);

// Removes what a killed run left of masks that it was writing. Precondition: no other run is at
// work in the folder.
void remove_half_written(const std::filesystem::path& folder,
                         const std::vector<std::string>& mask_files);

}  // namespace stoker
