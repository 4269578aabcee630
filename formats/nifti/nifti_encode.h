// One value of a volume field as a NIfTI file.
//
// Thread-safety: pure functions.
#pragma once

#include <vector>

#include "formats/compression_choice.h"
#include "formats/volume_geometry_fields.h"
#include "libdata/sample/sample.h"
#include "libdata/sample/schema.h"

namespace stoker {

// Whether NIfTI holds it: a blob of volumes of any element type (float16 as float32, exactly).
bool fits_nifti(const Field& field);

// The file, packed as `choice` says, in a buffer of the sample: of the whole value, or of channel
// `channel` of a field with channels. Precondition: fits_nifti(field), the value is an array.
ByteSpan encode_nifti(const Field& field, const FieldValue& value, const VolumeGeometry& geometry,
                      const GzipChoice& choice, Sample& sample);
ByteSpan encode_nifti_channel(const Field& field, const FieldValue& value, uint32_t channel,
                              const VolumeGeometry& geometry, const GzipChoice& choice,
                              Sample& sample);

// "nii.gz" or "nii".
const char* nifti_ending(const GzipChoice& choice);

}  // namespace stoker
