// MDS, the shards of MosaicML Streaming: read, not written. docs/formats/mds.md.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& mds_format();

}  // namespace stoker
