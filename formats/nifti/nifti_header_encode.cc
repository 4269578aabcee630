#include <algorithm>
#include <string_view>

#include "formats/nifti/nifti_affine.h"
#include "formats/nifti/nifti_header.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr size_t kExtenderBytes = 4;  // zeros: no extensions follow
constexpr int64_t kLongestAxis1 = 32767;
constexpr uint8_t kMillimetres = 2;
constexpr int kScannerCode = 1;  // coordinates of the scanner, as far as anyone knows

NiftiType type_of(DType dtype) {
  switch (dtype) {
    case DType::kUInt8:
      return NiftiType::kUInt8;
    case DType::kInt8:
      return NiftiType::kInt8;
    case DType::kUInt16:
      return NiftiType::kUInt16;
    case DType::kInt16:
      return NiftiType::kInt16;
    case DType::kInt32:
      return NiftiType::kInt32;
    case DType::kInt64:
      return NiftiType::kInt64;
    case DType::kFloat32:
      return NiftiType::kFloat32;
    case DType::kFloat16:
      break;
  }
  throw Error(ErrorCode::kInvalidArgument, "NIfTI has no such element type");
}

// Where the fields of a version lie, and how wide they are.
template <typename Int, typename Real, typename Code>
struct Writer {
  Bytes& bytes;
  void ints(size_t at, const std::array<int64_t, 8>& values) {
    for (size_t i = 0; i < values.size(); ++i)
      store_le(&bytes[at + i * sizeof(Int)], static_cast<Int>(values[i]));
  }
  template <typename Values>
  void reals(size_t at, const Values& values) {
    for (size_t i = 0; i < values.size(); ++i)
      store_le(&bytes[at + i * sizeof(Real)], static_cast<Real>(values[i]));
  }
  void code(size_t at, int value) { store_le(&bytes[at], static_cast<Code>(value)); }
};

struct Places {
  size_t dim, datatype, bitpix, pixdim, slope, qform_code, sform_code, quaternion, rows;
};
constexpr Places kPlaces1{40, 70, 72, 76, 112, 252, 254, 256, 280};
constexpr Places kPlaces2{16, 12, 14, 104, 176, 344, 348, 352, 400};

template <typename W>
void fill(W writer, const Places& at, const NiftiFacts& facts) {
  const NiftiType type = type_of(facts.dtype);
  const auto& size = facts.size_zyx;
  const bool channels = facts.channels > 1;
  writer.ints(at.dim, {channels ? 4 : 3, size[2], size[1], size[0], facts.channels, 1, 1, 1});
  store_le(&writer.bytes[at.datatype], static_cast<int16_t>(type));
  store_le(&writer.bytes[at.bitpix], static_cast<int16_t>(8 * nifti_type_size(type)));
  const std::array<double, 3> spacing{facts.spacing_zyx[2], facts.spacing_zyx[1],
                                      facts.spacing_zyx[0]};
  Affine affine{};
  for (size_t i = 0; i < facts.affine.size(); ++i)
    affine[i / 4][i % 4] = facts.affine[i];
  const auto quaternion = quaternion_of_affine(affine, spacing);
  const double qfac = quaternion && quaternion->mirrored ? -1 : 1;
  writer.reals(at.pixdim,
               std::array<double, 8>{qfac, spacing[0], spacing[1], spacing[2], 1, 1, 1, 1});
  writer.reals(at.slope, std::array<double, 2>{1, 0});
  writer.code(at.qform_code, quaternion ? kScannerCode : 0);
  writer.code(at.sform_code, kScannerCode);
  if (quaternion) writer.reals(at.quaternion, quaternion->bcd_offsets);
  std::array<float, 12> rows{};
  std::copy_n(facts.affine.begin(), rows.size(), rows.begin());
  writer.reals(at.rows, rows);
}

void put(Bytes& bytes, size_t at, std::string_view text) {
  std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

Bytes encode_nifti_header(const NiftiFacts& facts) {
  const auto& size = facts.size_zyx;
  const int64_t longest = std::max({size[0], size[1], size[2], facts.channels});
  const size_t header = longest > kLongestAxis1 ? kNifti2HeaderBytes : kNifti1HeaderBytes;
  const size_t voxels_at = header + kExtenderBytes;
  Bytes bytes(voxels_at);
  store_le(&bytes[0], static_cast<int32_t>(header));
  if (header == kNifti1HeaderBytes) {
    fill(Writer<int16_t, float, int16_t>{bytes}, kPlaces1, facts);
    store_le(&bytes[108], static_cast<float>(voxels_at));
    bytes[38] = 'r';  // "regular": ANALYZE's readers ask for it
    bytes[123] = kMillimetres;
    put(bytes, 344, {"n+1\0", 4});
  } else {
    fill(Writer<int64_t, double, int32_t>{bytes}, kPlaces2, facts);
    store_le(&bytes[168], static_cast<int64_t>(voxels_at));
    store_le(&bytes[500], static_cast<int32_t>(kMillimetres));
    put(bytes, 4, {"n+2\0\r\n\x1a\n", 8});
  }
  return bytes;
}

}  // namespace stoker
