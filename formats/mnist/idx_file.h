// idx files, as MNIST and its like come: two zeros, a byte for the element type, one for the rank,
// big-endian sizes, elements. Plain, or in a gzip file.
//
// Thread-safety: free functions. Ownership: arrays share the file. Errors: Corrupt with path and
// offset where the file is none, or not as long as its sizes say; of a gzip file also where its
// CRC-32 is another. Source: yann.lecun.com/exdb/mnist, "The IDX file format".
#pragma once

#include <filesystem>

#include "formats/stacked/strided_array.h"

namespace stoker {

// Whether the first bytes may be an idx file's.
bool looks_like_idx(ByteSpan front);

StridedArray open_idx(const std::filesystem::path& path);

}  // namespace stoker
