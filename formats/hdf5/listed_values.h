// What is read of every sample when a source is listed: names and labels. Internal to formats/hdf5.
//
// Thread-safety: pure functions. Errors: as Hdf5File; Corrupt for arrays that have not one element
// a sample; Unsupported for labels that do not fit, and for groups that lack what the first has.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/hdf5/open_hdf5_source.h"
#include "formats/hdf5/text_labels.h"

namespace stoker {

// Of the rows of a part; numbers as texts.
std::vector<std::string> read_listed_names(const OpenHdf5Source& source, size_t part,
                                           size_t candidate);
// Of all samples, since the classes are those of all.
TextLabels read_listed_texts(const OpenHdf5Source& source, size_t candidate);
// Of the rows of a part, to the end of `labels`.
void read_listed_labels(const OpenHdf5Source& source, size_t part, size_t candidate,
                        std::vector<int32_t>& labels);

}  // namespace stoker
