#include "formats/nifti/nifti_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>

#include "formats/nifti/nifti_affine.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"

namespace stoker {
namespace {

constexpr uint64_t kMostBytes = uint64_t{1} << 62;
constexpr int kRankMost = 7;
constexpr size_t kMagicAt1 = 344;
constexpr std::string_view kSingle1{"n+1\0", 4};
constexpr std::string_view kPair1{"ni1\0", 4};
constexpr std::string_view kSingle2{"n+2\0\r\n\x1a\n", 8};
constexpr std::string_view kPair2{"ni2\0\r\n\x1a\n", 8};
constexpr uint8_t kMicrometres = 3;
constexpr uint8_t kMetres = 1;
constexpr uint8_t kSpaceUnits = 7;

[[noreturn]] void refuse(ErrorCode code, size_t offset, const std::string& message) {
  throw Error(code, message, "", offset);
}

// Numbers at fixed places, of the file's byte order.
class Fields {
 public:
  Fields(ByteSpan bytes, bool swapped) : bytes_(bytes), swapped_(swapped) {}

  template <typename T>
  T get(size_t offset) const {
    std::array<uint8_t, sizeof(T)> raw;
    std::copy_n(bytes_.data() + offset, sizeof(T), raw.begin());
    if (swapped_) std::reverse(raw.begin(), raw.end());
    return load_le<T>(raw.data());
  }

 private:
  ByteSpan bytes_;
  bool swapped_;
};

// The fields of both versions, as one knows them and the other widened.
struct RawHeader {
  std::array<int64_t, 8> dim{};
  std::array<double, 8> pixdim{};
  int16_t datatype = 0;
  double voxels_at = 0;
  double slope = 0;
  double intercept = 0;
  int qform_code = 0;
  int sform_code = 0;
  std::array<double, 6> quaternion{};  // b, c, d, offsets x, y, z
  std::array<double, 12> rows{};       // of the sform
  uint8_t units = 0;
  size_t dim_at = 0;  // where fields lie, for messages
  size_t datatype_at = 0;
  size_t voxels_at_at = 0;
  size_t slope_at = 0;
};

template <typename T, typename To, size_t kCount>
void get_all(const Fields& fields, size_t offset, std::array<To, kCount>& to) {
  for (size_t i = 0; i < kCount; ++i)
    to[i] = static_cast<To>(fields.get<T>(offset + i * sizeof(T)));
}

RawHeader read_version_1(const Fields& fields) {
  RawHeader raw;
  get_all<int16_t>(fields, raw.dim_at = 40, raw.dim);
  raw.datatype = fields.get<int16_t>(raw.datatype_at = 70);
  get_all<float>(fields, 76, raw.pixdim);
  raw.voxels_at = fields.get<float>(raw.voxels_at_at = 108);
  raw.slope = fields.get<float>(raw.slope_at = 112);
  raw.intercept = fields.get<float>(116);
  raw.units = fields.get<uint8_t>(123);
  raw.qform_code = fields.get<int16_t>(252);
  raw.sform_code = fields.get<int16_t>(254);
  get_all<float>(fields, 256, raw.quaternion);
  get_all<float>(fields, 280, raw.rows);
  return raw;
}

RawHeader read_version_2(const Fields& fields) {
  RawHeader raw;
  raw.datatype = fields.get<int16_t>(raw.datatype_at = 12);
  get_all<int64_t>(fields, raw.dim_at = 16, raw.dim);
  get_all<double>(fields, 104, raw.pixdim);
  const auto at = fields.get<int64_t>(raw.voxels_at_at = 168);
  raw.voxels_at = at < 0 || at > (int64_t{1} << 52) ? -1 : static_cast<double>(at);
  raw.slope = fields.get<double>(raw.slope_at = 176);
  raw.intercept = fields.get<double>(184);
  raw.qform_code = fields.get<int32_t>(344);
  raw.sform_code = fields.get<int32_t>(348);
  get_all<double>(fields, 352, raw.quaternion);
  get_all<double>(fields, 400, raw.rows);
  raw.units = static_cast<uint8_t>(fields.get<int32_t>(500) & 0xff);
  return raw;
}

struct Magic {
  int version = 0;  // 0: neither
  bool swapped = false;
  bool pair = false;
  bool analyze = false;  // the size of a header without a magic
};

Magic find_magic(ByteSpan front) {
  Magic magic;
  if (front.size() < kNifti1HeaderBytes) return magic;
  for (const bool swapped : {false, true}) {
    const auto size = static_cast<size_t>(Fields(front, swapped).get<uint32_t>(0));
    const std::string_view text = as_text(front);
    if (size == kNifti1HeaderBytes) {
      const bool pair = text.substr(kMagicAt1, 4) == kPair1;
      if (pair || text.substr(kMagicAt1, 4) == kSingle1) return {1, swapped, pair, false};
      magic.analyze = true;
    }
    if (size == kNifti2HeaderBytes) {
      // The line ends are there to show a transfer as text; some writers leave them out.
      const bool pair = text.substr(4, 4) == kPair2.substr(0, 4);
      if (pair || text.substr(4, 4) == kSingle2.substr(0, 4)) return {2, swapped, pair, false};
    }
  }
  return magic;
}

void set_shape(const RawHeader& raw, NiftiHeader& header) {
  const int64_t rank = raw.dim[0];
  if (rank < 1 || rank > kRankMost) {
    refuse(ErrorCode::kCorrupt, raw.dim_at, fmt::format("expected 1 to 7 axes, found {}", rank));
  }
  int64_t beside = 0;  // the axis beside x, y, z that is longer than 1
  for (int64_t axis = 1; axis <= rank; ++axis) {
    const int64_t extent = raw.dim[static_cast<size_t>(axis)];
    if (extent < 1) {
      refuse(ErrorCode::kCorrupt, raw.dim_at,
             fmt::format("expected at least 1 voxel along axis {}, found {}", axis, extent));
    }
    if (axis <= 3) {
      header.size_xyz[static_cast<size_t>(axis) - 1] = extent;
      continue;
    }
    if (extent == 1) continue;
    if (beside != 0) {
      refuse(ErrorCode::kUnsupported, raw.dim_at,
             fmt::format("expected one axis beside x, y, z (time, or channels), found axes {} and "
                         "{} of {} and {}",
                         beside, axis, header.channels, extent));
    }
    beside = axis;
    header.channels = extent;
  }
}

void set_type(const RawHeader& raw, NiftiHeader& header) {
  header.type = static_cast<NiftiType>(raw.datatype);
  if (nifti_type_size(header.type) == 0) {
    refuse(ErrorCode::kUnsupported, raw.datatype_at,
           fmt::format("expected integers or real numbers, found datatype {} (colours, complex, "
                       "binary and 128-bit numbers are not read)",
                       raw.datatype));
  }
  uint64_t bytes = nifti_type_size(header.type);
  for (const int64_t extent :
       {header.size_xyz[0], header.size_xyz[1], header.size_xyz[2], header.channels}) {
    if (static_cast<uint64_t>(extent) > kMostBytes / bytes) {
      refuse(ErrorCode::kCorrupt, raw.dim_at, "the sizes are past all files");
    }
    bytes *= static_cast<uint64_t>(extent);
  }
}

void set_place(const RawHeader& raw, size_t header_bytes, NiftiHeader& header) {
  const double least = header.pair ? 0 : static_cast<double>(header_bytes);
  const bool whole = std::isfinite(raw.voxels_at) && raw.voxels_at == std::floor(raw.voxels_at);
  if (!whole || raw.voxels_at < least || raw.voxels_at > static_cast<double>(kMostBytes)) {
    refuse(ErrorCode::kCorrupt, raw.voxels_at_at,
           fmt::format("expected voxels at byte {} or later, found {}", least, raw.voxels_at));
  }
  header.voxels_at_bytes = static_cast<uint64_t>(raw.voxels_at);
}

void set_scale(const RawHeader& raw, NiftiHeader& header) {
  if (raw.slope == 0 || !std::isfinite(raw.slope)) return;
  if (!std::isfinite(raw.intercept)) {
    refuse(ErrorCode::kCorrupt, raw.slope_at, "scl_slope is a number, scl_inter is not");
  }
  header.slope = raw.slope;
  header.intercept = raw.intercept;
}

// Up to what the quaternion's rounding comes to.
bool lies_alike(const Affine& a, const Affine& b) {
  constexpr double kLeast = 0.01;
  for (size_t i = 0; i < 16; ++i)
    if (!(std::abs(a[i / 4][i % 4] - b[i / 4][i % 4]) <= kLeast)) return false;
  return true;
}

Affine affine_of_unplaced(const std::array<double, 3>& spacing_xyz,
                          const std::array<int64_t, 3>& size_xyz) {
  Affine affine = affine_of_spacing(spacing_xyz);
  affine[0][0] = -affine[0][0];
  for (size_t axis = 0; axis < 3; ++axis)
    affine[axis][3] = -affine[axis][axis] * static_cast<double>(size_xyz[axis] - 1) / 2;
  return affine;
}

void set_geometry(const RawHeader& raw, NiftiHeader& header) {
  const uint8_t unit = raw.units & kSpaceUnits;
  const double to_mm = unit == kMicrometres ? 1e-3 : unit == kMetres ? 1e3 : 1;
  std::array<double, 3> pixdim{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const double step = std::abs(raw.pixdim[axis + 1]);
    pixdim[axis] = std::isfinite(step) && step > 0 ? step : 1;
    header.spacing_xyz[axis] = pixdim[axis] * to_mm;
  }
  if (raw.sform_code > 0) {
    for (size_t i = 0; i < raw.rows.size(); ++i)
      header.affine[i / 4][i % 4] = raw.rows[i];
    header.affine[3] = {0, 0, 0, 1};
    header.qform_differs =
        raw.qform_code > 0 &&
        !lies_alike(header.affine, affine_of_quaternion(raw.quaternion, pixdim, raw.pixdim[0] < 0));
  } else if (raw.qform_code > 0) {
    header.affine = affine_of_quaternion(raw.quaternion, pixdim, raw.pixdim[0] < 0);
  } else {
    header.affine = affine_of_unplaced(pixdim, header.size_xyz);
    header.unplaced = true;
  }
  for (size_t row = 0; row < 3; ++row)
    for (double& value : header.affine[row])
      value *= to_mm;
}

}  // namespace

uint64_t NiftiHeader::element_count() const {
  return static_cast<uint64_t>(size_xyz[0]) * static_cast<uint64_t>(size_xyz[1]) *
         static_cast<uint64_t>(size_xyz[2]) * static_cast<uint64_t>(channels);
}

uint64_t NiftiHeader::data_bytes() const {
  return element_count() * nifti_type_size(type);
}

size_t nifti_type_size(NiftiType type) {
  switch (type) {
    case NiftiType::kUInt8:
    case NiftiType::kInt8:
      return 1;
    case NiftiType::kInt16:
    case NiftiType::kUInt16:
      return 2;
    case NiftiType::kInt32:
    case NiftiType::kUInt32:
    case NiftiType::kFloat32:
      return 4;
    case NiftiType::kInt64:
    case NiftiType::kUInt64:
    case NiftiType::kFloat64:
      return 8;
  }
  return 0;
}

bool looks_like_nifti(ByteSpan front) {
  return find_magic(front).version != 0;
}

NiftiHeader parse_nifti_header(ByteSpan front) {
  const Magic magic = find_magic(front);
  if (magic.version == 0) {
    refuse(magic.analyze ? ErrorCode::kUnsupported : ErrorCode::kCorrupt,
           magic.analyze ? kMagicAt1 : 0,
           magic.analyze
               ? "is ANALYZE 7.5, which does not say left from right; convert it to NIfTI first"
               : "expected a NIfTI header, found other bytes");
  }
  const size_t size = magic.version == 1 ? kNifti1HeaderBytes : kNifti2HeaderBytes;
  if (front.size() < size) {
    refuse(ErrorCode::kCorrupt, front.size(),
           fmt::format("ends in its header, which has {} bytes", size));
  }
  const Fields fields(front, magic.swapped);
  const RawHeader raw = magic.version == 1 ? read_version_1(fields) : read_version_2(fields);
  NiftiHeader header;
  header.swapped = magic.swapped;
  header.pair = magic.pair;
  set_shape(raw, header);
  set_type(raw, header);
  set_place(raw, size, header);
  set_scale(raw, header);
  set_geometry(raw, header);
  return header;
}

}  // namespace stoker
