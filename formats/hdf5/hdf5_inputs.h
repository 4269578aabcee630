// Which files are read, and what names of files and data sets say of splits.
//
// Thread-safety: free functions. Errors: NotFound or Io from the system; Corrupt for a folder
// without HDF5 files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace stoker {

struct Hdf5InputFile {
  std::filesystem::path path;
  std::string name;   // without ending, below the input it was found in
  std::string split;  // that its name, or a folder's below the input, says; empty: none
};

// Files given, and those in folders given, at any depth, in the order of their names. Hidden ones
// are left out.
std::vector<Hdf5InputFile> find_hdf5_files(const std::vector<std::filesystem::path>& inputs);

// .h5, .hdf5, .hdf, .he5, .mat, letter case aside.
bool has_hdf5_ending(const std::filesystem::path& path);

// The one split among the words of a name: "train" of "camelyonpatch_split_train_x". Empty: none,
// or several.
std::string split_word(const std::string& name);
// The split that a data set's path says: "train" of "train/images" and of "x_train".
std::string split_of_path(const std::string& path);
// The path without it: "images", "x". "data" where nothing is left.
std::string path_without_split(const std::string& path);

}  // namespace stoker
