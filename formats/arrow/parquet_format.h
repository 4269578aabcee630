// Parquet files, above all those of the Hugging Face Hub.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& parquet_format();

}  // namespace stoker
