// What a loader of images asks of the fields of a data set.
//
// Pure functions. InvalidArgument where a field is not that.
#pragma once

#include "libdata/sample/schema.h"

namespace stoker {

void check_image_field(const Field& field);  // a blob of uint8 and axes HWC
void check_label_field(const Field& field);  // one inline integer

}  // namespace stoker
