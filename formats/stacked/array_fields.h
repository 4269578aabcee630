// What an array's name, element type and shape say of the field that its rows are.
//
//   image   uint8 (N,H,W)             HWC with one channel
//           uint8 (N,H,W,C)           HWC; of four channels the first three
//           uint8 (N,C,H,W)           HWC, turned, where C is 1 or 3 and W is neither
//           others of rank 4          ZYX; (N,D,H,W,1) as well
//           rank 5                    CZYX; channels first, or last where the last axis is 3 or 4
//   label   integers (N) or (N,1)     inline int32, class index
//           integers (N,K)            "labels", inline
//           other shapes              as any field
//   others  rows of up to 1024 bytes in one axis or none are inline, all else is a blob; axes as
//           for images, of float images (N,H,W,C) HWC as well; four channels of uint8 are ZYX
// Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "formats/stacked/strided_array.h"
#include "libdata/sample/schema.h"

namespace stoker {

struct FieldArray {
  Field field;
  StridedArray array;              // rows as the field has them
  std::vector<std::string> notes;  // what was done to it on the way
};

// `name`: the field's, "image" and "label" for those two. Unsupported for elements or ranks that no
// field has.
FieldArray as_field(const std::string& name, StridedArray array);
// Rows as `field` has them, which the array was written from. Corrupt where they are not.
StridedArray as_written(const Field& field, StridedArray array);

// "image" and "label" for what people call these: x, images, data; y, targets ...; others stay.
std::string usual_field_name(const std::string& name);

// Numbers as names, up to the largest label there is; none where labels are not class indices
// (below -1, or past 65535).
std::vector<std::string> numbered_classes(const std::vector<const StridedArray*>& labels);

}  // namespace stoker
