// Arrow's streams and files of record batches, above all those of datasets' save_to_disk.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& arrow_format();

}  // namespace stoker
