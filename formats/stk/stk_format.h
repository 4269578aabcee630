// stoker's own container (libdata/shard/shard_format.md) as one format among others.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& stk_format();

}  // namespace stoker
