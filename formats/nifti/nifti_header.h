// The header of a NIfTI-1 or NIfTI-2 file, of either byte order: what the voxels are and where.
//
// Thread-safety: pure functions. Axes are named as NIfTI names them: i (x, fastest), j (y), k (z).
// Errors of parsing carry the byte offset: Corrupt for sizes that cannot be, Unsupported for what
// is sound but not read (ANALYZE 7.5, more than one axis beside x, y, z). Sizes are not compared
// with a file here; nifti_file.h does that before memory is taken. Source: nifti1.h and nifti2.h
// of the NIfTI Data Format Working Group.
#pragma once

#include <array>
#include <cstdint>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

inline constexpr size_t kNifti1HeaderBytes = 348;
inline constexpr size_t kNifti2HeaderBytes = 540;

// Element types as files have them; the numbers are the header's.
enum class NiftiType : int16_t {
  kUInt8 = 2,
  kInt16 = 4,
  kInt32 = 8,
  kFloat32 = 16,
  kFloat64 = 64,
  kInt8 = 256,
  kUInt16 = 512,
  kUInt32 = 768,
  kInt64 = 1024,
  kUInt64 = 1280,
};

using Affine = std::array<std::array<double, 4>, 4>;  // [row][column]; voxel (i, j, k, 1) to mm

struct NiftiHeader {
  bool swapped = false;  // big-endian
  bool pair = false;     // voxels lie in a file of their own (.img)
  std::array<int64_t, 3> size_xyz{1, 1, 1};
  int64_t channels = 1;  // extent of the fourth or fifth axis
  NiftiType type = NiftiType::kUInt8;
  uint64_t voxels_at_bytes = 0;  // in the file that holds them
  double slope = 0;              // 0: stored values are the values
  double intercept = 0;
  std::array<double, 3> spacing_xyz{1, 1, 1};  // mm
  Affine affine{};                             // sform where there is one, else qform; mm
  bool qform_differs = false;                  // there are both, and they are two places
  bool unplaced = false;  // there is neither: centred, x to the left, as nibabel and FSL take it

  uint64_t element_count() const;  // of all channels
  uint64_t data_bytes() const;     // at most 2^62
  bool scales() const { return slope != 0 && !(slope == 1 && intercept == 0); }
};

size_t nifti_type_size(NiftiType type);

// Whether bytes begin as a header of either version does. Needs the first 348 bytes.
bool looks_like_nifti(ByteSpan front);

// `front` begins the file and is at least as long as its header.
NiftiHeader parse_nifti_header(ByteSpan front);

// What a file that is written says.
struct NiftiFacts {
  std::array<int64_t, 3> size_zyx{1, 1, 1};
  int64_t channels = 1;
  DType dtype = DType::kUInt8;  // not float16, which NIfTI does not have
  std::array<float, 3> spacing_zyx{1, 1, 1};
  std::array<float, 16> affine{};  // row-major; goes to sform, and to qform where that can say it
};

// Header and extender of a single file, voxels follow: NIfTI-1, or NIfTI-2 where an axis is longer
// than 32,767.
Bytes encode_nifti_header(const NiftiFacts& facts);

}  // namespace stoker
