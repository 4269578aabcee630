// NumPy's files: .npy, and .npz archives of them. What is read: npy_source.h; what is written:
// npy_folder.h and npz_folder.h.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& npy_format();  // reads both, writes a .npy file a field
const Format& npz_format();  // reads both, writes a .npz file a split

}  // namespace stoker
