#include "formats/nifti/nifti_encode.h"

#include <algorithm>

#include "formats/gzip_bytes.h"
#include "formats/nifti/nifti_header.h"
#include "libdata/core/error.h"
#include "libdata/core/half.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

void append_voxels(DType dtype, ByteSpan voxels, Bytes& file) {
  if (dtype != DType::kFloat16) {
    file.insert(file.end(), voxels.begin(), voxels.end());
    return;
  }
  const size_t at = file.size();
  file.resize(at + voxels.size() * 2);
  for (size_t i = 0; i < voxels.size() / 2; ++i)
    store_le(&file[at + i * 4], half_to_float(load_le<uint16_t>(&voxels[i * 2])));
}

ByteSpan encode(const NiftiFacts& facts, DType dtype, ByteSpan voxels, const GzipChoice& choice,
                Sample& sample) {
  Bytes& file = sample.next_buffer();
  file = encode_nifti_header(facts);
  file.reserve(file.size() + voxels.size() * (dtype == DType::kFloat16 ? 2 : 1));
  append_voxels(dtype, voxels, file);
  if (choice.level == 0) return file;
  Bytes& packed = sample.next_buffer();
  gzip(file, choice.level, packed);
  return packed;
}

NiftiFacts facts_of(const Field& field, const FieldValue& value, const VolumeGeometry& geometry) {
  if (value.codec != Codec::kRaw) {
    throw Error(ErrorCode::kInternal, "expected an array to write as NIfTI");
  }
  const size_t z = field.rank() == 4 ? 1 : 0;
  NiftiFacts facts;
  facts.size_zyx = {value.shape[z], value.shape[z + 1], value.shape[z + 2]};
  facts.channels = z == 1 ? value.shape[0] : 1;
  facts.dtype = field.dtype == DType::kFloat16 ? DType::kFloat32 : field.dtype;
  facts.spacing_zyx = geometry.spacing_zyx;
  facts.affine = geometry.affine;
  return facts;
}

}  // namespace

bool fits_nifti(const Field& field) {
  return field.storage == Storage::kBlob && (field.axes == "ZYX" || field.axes == "CZYX");
}

ByteSpan encode_nifti(const Field& field, const FieldValue& value, const VolumeGeometry& geometry,
                      const GzipChoice& choice, Sample& sample) {
  return encode(facts_of(field, value, geometry), field.dtype, value.bytes, choice, sample);
}

ByteSpan encode_nifti_channel(const Field& field, const FieldValue& value, uint32_t channel,
                              const VolumeGeometry& geometry, const GzipChoice& choice,
                              Sample& sample) {
  NiftiFacts facts = facts_of(field, value, geometry);
  const size_t bytes =
      value.bytes.size() / static_cast<size_t>(std::max<int64_t>(facts.channels, 1));
  facts.channels = 1;
  return encode(facts, field.dtype, value.bytes.subspan(channel * bytes, bytes), choice, sample);
}

const char* nifti_ending(const GzipChoice& choice) {
  return choice.level == 0 ? "nii" : "nii.gz";
}

}  // namespace stoker
