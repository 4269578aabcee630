// Image sets in LMDB files: read, not written. docs/formats/lmdb.md.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& lmdb_format();

}  // namespace stoker
