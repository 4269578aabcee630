// Raw folders of nnU-Net (dataset.json, imagesTr, labelsTr, imagesTs), of versions 2 and 1. What is
// read: nnunet_dataset.h and volume_cases.h; what is written: nnunet_output.h.
#pragma once

#include "formats/format.h"

namespace stoker {

const Format& nnunet_format();

}  // namespace stoker
