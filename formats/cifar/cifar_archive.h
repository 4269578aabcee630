// CIFAR's files in the archive they are downloaded as: cifar-10-python.tar.gz and its like, or the
// plain tar of that.
//
// A compressed archive is inflated whole into memory (CIFAR's are of 180 MB). Thread-safety: free
// functions. Errors: Corrupt as formats/tar.h and stacked/inflated_bytes.h, with the path;
// Unsupported for an archive that is larger than 256 MiB inflated, or has two batches of one name.
#pragma once

#include "formats/cifar/cifar_files.h"
#include "formats/format.h"

namespace stoker {

// By the first members: one of CIFAR's folders, or a batch. Never throws about what it sees.
bool looks_like_cifar_archive(const FirstLook& look);

// All files in it, in order of their names, as those of the unpacked folder are.
std::vector<CifarFile> list_cifar_archive(const std::filesystem::path& path);

}  // namespace stoker
