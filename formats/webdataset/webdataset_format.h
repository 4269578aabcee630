// WebDataset: tars of samples, each a few members whose names share a key. What is read:
// webdataset_reader.h; what is written: webdataset_writer.h; docs/formats/webdataset.md.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& webdataset_format();

}  // namespace stoker
