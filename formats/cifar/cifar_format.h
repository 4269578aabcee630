// CIFAR-10 and CIFAR-100 as they are given out: cifar_files.h. Not written.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& cifar_format();

}  // namespace stoker
