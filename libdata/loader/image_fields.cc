#include "libdata/loader/image_fields.h"

#include "libdata/core/error.h"

namespace stoker {

void check_image_field(const Field& field) {
  if (field.storage == Storage::kBlob && field.axes == "HWC" && field.dtype == DType::kUInt8)
    return;
  throw Error(ErrorCode::kInvalidArgument,
              "the field '" + field.name + "' is not an image (a blob of uint8 and axes HWC)");
}

void check_label_field(const Field& field) {
  const bool integer = field.dtype != DType::kFloat16 && field.dtype != DType::kFloat32;
  if (field.storage == Storage::kInline && field.axes.empty() && integer) return;
  throw Error(ErrorCode::kInvalidArgument,
              "the field '" + field.name + "' is not a label (one inline integer a sample)");
}

}  // namespace stoker
