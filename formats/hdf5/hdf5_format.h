// HDF5: h5py, Keras and PCam files, one group or one file a sample, MATLAB 7.3. What is read and
// what is written: docs/formats/hdf5.md.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& hdf5_format();

}  // namespace stoker
