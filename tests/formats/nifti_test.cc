// NIfTI files: what nibabel wrote (tests/golden/generate_nifti.py), hostile headers, damage, and
// what we write.
#include "formats/nifti/nifti_file.h"

#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>

#include "formats/gzip_bytes.h"
#include "formats/nifti/nifti_affine.h"
#include "formats/nifti/nifti_encode.h"
#include "formats/nifti/nifti_voxels.h"
#include "formats/volume_file.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/random.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/nifti";
constexpr int64_t kX = 5;
constexpr int64_t kY = 4;
constexpr int64_t kZ = 3;

template <typename T>
std::vector<T> as_values(ByteSpan bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = load_le<T>(bytes.data() + i * sizeof(T));
  return values;
}

// Voxel (z, y, x) is 100 z + 10 y + x, of channel c 1000 c more.
template <typename T>
std::vector<T> expected(const std::function<double(double)>& change, int64_t channels = 1) {
  std::vector<T> values;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t z = 0; z < kZ; ++z) {
      for (int64_t y = 0; y < kY; ++y) {
        for (int64_t x = 0; x < kX; ++x)
          values.push_back(
              static_cast<T>(change(static_cast<double>(1000 * c + 100 * z + 10 * y + x))));
      }
    }
  }
  return values;
}

double same(double value) {
  return value;
}

template <typename T>
void expect_golden(const std::string& name, DType dtype,
                   const std::function<double(double)>& change = same, int64_t channels = 1) {
  SCOPED_TRACE(name);
  const VolumeHead head = read_volume_head(kGolden / name);
  EXPECT_EQ(head.size_zyx, (Zyx{kZ, kY, kX}));
  EXPECT_EQ(head.channels, channels);
  EXPECT_EQ(head.dtype, dtype);
  Sample sample;
  const VolumeElements read = read_volume_elements(kGolden / name, head, dtype, sample);
  EXPECT_EQ(as_values<T>(read.bytes), expected<T>(change, channels));
  EXPECT_FALSE(read.rounded);
}

TEST(Nifti, ReadsEveryTypeThatNibabelWrites) {
  expect_golden<uint8_t>("uint8.nii", DType::kUInt8, [](double v) { return std::fmod(v, 256); });
  expect_golden<int8_t>("int8.nii", DType::kInt8, [](double v) { return std::fmod(v, 100) - 50; });
  expect_golden<int16_t>("int16.nii.gz", DType::kInt16);
  expect_golden<uint16_t>("uint16.nii", DType::kUInt16);
  expect_golden<int32_t>("int32.nii", DType::kInt32);
  expect_golden<int64_t>("uint32.nii", DType::kInt64);
  expect_golden<int64_t>("int64.nii", DType::kInt64);
  expect_golden<float>("float32.nii", DType::kFloat32);
  expect_golden<float>("float64.nii", DType::kFloat32);
}

TEST(Nifti, ReadsEveryFormOfFile) {
  expect_golden<int16_t>("channels.nii.gz", DType::kInt16, same, 2);
  expect_golden<int16_t>("nifti2.nii", DType::kInt16);
  expect_golden<int16_t>("members.nii.gz", DType::kInt16);
  expect_golden<int16_t>("pair.hdr", DType::kInt16);
  expect_golden<int16_t>("qform.nii", DType::kInt16);
  expect_golden<float>("big_endian.nii", DType::kFloat32);
  expect_golden<float>("scaled.nii", DType::kFloat32, [](double v) { return v * 2 - 1000; });
}

TEST(Nifti, GeometryIsNibabels) {
  const std::array<float, 16> affine{0, -2, 0, 10, 1.5, 0, 0, -20, 0, 0, 3, 30.25, 0, 0, 0, 1};
  for (const char* name : {"int16.nii.gz", "nifti2.nii", "pair.hdr", "big_endian.nii"}) {
    const VolumeGeometry geometry = read_volume_head(kGolden / name).geometry;
    EXPECT_EQ(geometry.affine, affine) << name;
    EXPECT_EQ(geometry.spacing_zyx, (std::array<float, 3>{3, 2, 1.5})) << name;
  }
  const VolumeGeometry unplaced = read_volume_head(kGolden / "unplaced.nii").geometry;
  EXPECT_EQ(unplaced.affine,
            (std::array<float, 16>{-0.5, 0, 0, 1, 0, 2, 0, -3, 0, 0, 3, -3, 0, 0, 0, 1}));
  const VolumeGeometry turned = read_volume_head(kGolden / "qform.nii").geometry;
  const std::array<float, 16> by_qform{0, 1.5, 0, 7, 2, 0, 0, 8, 0, 0, 3, 9, 0, 0, 0, 1};
  for (size_t i = 0; i < by_qform.size(); ++i)
    EXPECT_NEAR(turned.affine[i], by_qform[i], 1e-6) << i;
}

TEST(Nifti, APairIsFoundByEitherName) {
  EXPECT_EQ(header_of_pair(kGolden / "pair.img"), kGolden / "pair.hdr");
  EXPECT_EQ(header_of_pair(kGolden / "pair.hdr"), kGolden / "pair.hdr");
  EXPECT_EQ(header_of_pair(kGolden / "alone.img"), kGolden / "alone.img");
}

// Of the header alone, 348 bytes: int16, 5 x 4 x 3.
Bytes plain_header() {
  NiftiFacts facts;
  facts.size_zyx = {kZ, kY, kX};
  facts.dtype = DType::kInt16;
  facts.affine = affine_of(facts.spacing_zyx);
  return encode_nifti_header(facts);
}

TEST(Nifti, HostileHeadersAreRefused) {
  struct Case {
    size_t at;
    std::vector<uint8_t> bytes;
    ErrorCode code;
    const char* says;
  };
  const std::vector<Case> cases{
      {40, {8, 0}, ErrorCode::kCorrupt, "1 to 7 axes"},
      {42, {0, 0}, ErrorCode::kCorrupt, "axis 1"},
      {44, {0xff, 0xff}, ErrorCode::kCorrupt, "axis 2"},
      {70, {128, 0}, ErrorCode::kUnsupported, "datatype 128"},
      {70, {32, 0}, ErrorCode::kUnsupported, "datatype 32"},
      {108, {0, 0, 0, 0}, ErrorCode::kCorrupt, "found 0"},
      {108, {0, 0, 0xc0, 0x7f}, ErrorCode::kCorrupt, "found nan"},
      {344, {0, 0, 0, 0}, ErrorCode::kUnsupported, "ANALYZE"},
      {0, {1, 2, 3, 4}, ErrorCode::kCorrupt, "NIfTI header"},
      {116, {0, 0, 0xc0, 0x7f}, ErrorCode::kCorrupt, "scl_inter"},
  };
  for (const Case& one : cases) {
    Bytes header = plain_header();
    std::copy(one.bytes.begin(), one.bytes.end(),
              header.begin() + static_cast<std::ptrdiff_t>(one.at));
    try {
      parse_nifti_header(header);
      FAIL() << one.says;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), one.code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(one.says));
    }
  }
}

TEST(Nifti, TwoPlacesAreTold) {
  Bytes header = plain_header();
  EXPECT_FALSE(parse_nifti_header(header).qform_differs);
  store_le(&header[268], 50.0f);  // qoffset_x
  const NiftiHeader read = parse_nifti_header(header);
  EXPECT_TRUE(read.qform_differs);
  EXPECT_EQ(read.affine[0][3], 0);
  store_le<int16_t>(&header[252], 0);  // no qform
  EXPECT_FALSE(parse_nifti_header(header).qform_differs);
}

class NiftiFiles : public FolderTest {
 protected:
  fs::path put(const std::string& name, ByteSpan bytes) const {
    // Not synced to the disk: there are thousands of them.
    std::ofstream(folder_ / name, std::ios::binary) << as_text(bytes);
    return folder_ / name;
  }
  // The voxels; an Error is what it is.
  static Bytes read_all(const fs::path& path) {
    const VolumeHead head = read_volume_head(path);
    Sample sample;
    const VolumeElements read = read_volume_elements(path, head, head.dtype, sample);
    return {read.bytes.begin(), read.bytes.end()};
  }
};

TEST_F(NiftiFiles, SizesPastTheFileTakeNoMemory) {
  Bytes file = plain_header();
  for (size_t axis = 1; axis <= 3; ++axis)  // 32767^3 voxels of 2 bytes: 70 TB
    store_le<int16_t>(&file[40 + 2 * axis], 32767);
  for (const char* name : {"plain.nii", "packed.nii.gz"}) {
    Bytes bytes = file;
    bytes.resize(2000);
    Bytes packed;
    gzip(bytes, 4, packed);
    const fs::path path = put(name, std::string(name) == "plain.nii" ? bytes : packed);
    try {
      read_all(path);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr("promises"));
    }
  }
}

TEST_F(NiftiFiles, EveryPrefixIsRefusedOrWhole) {
  for (const char* name : {"int16.nii.gz", "members.nii.gz", "nifti2.nii"}) {
    const Bytes whole = read_file(kGolden / name);
    const Bytes voxels = read_all(kGolden / name);
    const std::string ending = fs::path(name).extension() == ".gz" ? "x.nii.gz" : "x.nii";
    for (size_t size = 0; size < whole.size(); ++size) {
      const fs::path path = put(ending, ByteSpan(whole).first(size));
      try {
        // Only the empty member at the end can be missed.
        EXPECT_EQ(read_all(path), voxels) << name << " " << size;
        EXPECT_EQ(std::string(name), "members.nii.gz") << size;
      } catch (const Error&) {
      }
    }
  }
}

TEST_F(NiftiFiles, FlippedBytesAreErrorsOrOtherValuesNeverACrash) {
  RandomStream random(7, 0, 0);
  for (const char* name : {"int16.nii.gz", "channels.nii.gz", "nifti2.nii", "scaled.nii"}) {
    const Bytes whole = read_file(kGolden / name);
    const bool packed = fs::path(name).extension() == ".gz";
    const Bytes voxels = read_all(kGolden / name);
    for (int round = 0; round < 200; ++round) {
      Bytes bytes = whole;
      bytes[random.next_below(bytes.size())] ^= static_cast<uint8_t>(1 + random.next_below(255));
      const fs::path path = put(packed ? "x.nii.gz" : "x.nii", bytes);
      try {
        const Bytes read = read_all(path);
        if (packed) {  // its checksum says so
          EXPECT_EQ(read, voxels) << name << " " << round;
        }
      } catch (const Error&) {
      }
    }
  }
}

TEST_F(NiftiFiles, DataAfterTheVoxelsIsPassedOver) {
  Bytes bytes = gunzip_front(read_file(kGolden / "int16.nii.gz"), 352 + 120);
  const Bytes voxels(bytes.begin() + 352, bytes.end());
  bytes.resize(bytes.size() + 500, 9);
  Bytes packed;
  gzip(bytes, 1, packed);
  EXPECT_EQ(read_all(put("more.nii", bytes)), voxels);
  EXPECT_EQ(read_all(put("more.nii.gz", packed)), voxels);
}

TEST_F(NiftiFiles, LabelsAreWholeNumbersWhateverTheirType) {
  NiftiHeader header;
  header.size_xyz = {4, 1, 1};
  header.type = NiftiType::kFloat64;
  Bytes stored(32);
  Bytes labels(4);
  const std::array<double, 4> good{0, 1, 13, 255};
  std::memcpy(stored.data(), good.data(), stored.size());
  convert_labels(header, stored, labels);
  EXPECT_EQ(labels, (Bytes{0, 1, 13, 255}));
  for (const double bad : {0.5, -1.0, 256.0, std::nan("")}) {
    store_le(&stored[8], bad);
    EXPECT_THROW(convert_labels(header, stored, labels), Error) << bad;
  }
}

TEST_F(NiftiFiles, Float64IsRoundedAndSaysSo) {
  NiftiHeader header;
  header.size_xyz = {2, 1, 1};
  header.type = NiftiType::kFloat64;
  Bytes stored(16);
  Bytes floats(8);
  store_le(&stored[0], 0.5);
  store_le(&stored[8], -3.0);
  EXPECT_FALSE(convert_elements(header, stored, DType::kFloat32, floats));
  store_le(&stored[8], 0.1);  // no binary fraction
  EXPECT_TRUE(convert_elements(header, stored, DType::kFloat32, floats));
  EXPECT_EQ(load_le<float>(&floats[4]), 0.1f);
  store_le(&stored[8], 1e300);
  EXPECT_THROW(convert_elements(header, stored, DType::kFloat32, floats), Error);
}

TEST(NiftiTypes, CommonTypesTakeBoth) {
  EXPECT_EQ(common_dtype(DType::kUInt8, DType::kInt8), DType::kInt16);
  EXPECT_EQ(common_dtype(DType::kInt16, DType::kUInt16), DType::kInt32);
  EXPECT_EQ(common_dtype(DType::kUInt8, DType::kUInt16), DType::kUInt16);
  EXPECT_EQ(common_dtype(DType::kInt32, DType::kInt64), DType::kInt64);
  EXPECT_EQ(common_dtype(DType::kInt16, DType::kFloat32), DType::kFloat32);
}

// Any rotation, with or without a mirror, goes through a quaternion and back.
TEST(NiftiAffine, QuaternionsHoldRotations) {
  RandomStream random(11, 0, 0);
  const auto draw = [&] { return static_cast<double>(random.next_below(2001)) / 1000 - 1; };
  for (int round = 0; round < 200; ++round) {
    std::array<double, 6> q{draw(), draw(), draw(), 10 * draw(), 10 * draw(), 10 * draw()};
    const double norm = std::sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]);
    const double shrink = (round % 5 == 0 ? 1 : 0.9) / std::max(norm, 1e-3);
    for (size_t i = 0; i < 3 && norm > 0.9; ++i)
      q[i] *= shrink;
    const std::array<double, 3> spacing{0.7, 1.1, 2.5};
    const Affine affine = affine_of_quaternion(q, spacing, round % 2 == 0);
    const auto found = quaternion_of_affine(affine, spacing);
    ASSERT_TRUE(found) << round;
    const Affine again = affine_of_quaternion(found->bcd_offsets, spacing, found->mirrored);
    for (size_t i = 0; i < 16; ++i)
      EXPECT_NEAR(again[i / 4][i % 4], affine[i / 4][i % 4], 1e-5) << round;
  }
  Affine sheared = affine_of_spacing({1, 1, 1});
  sheared[0][1] = 0.3;
  EXPECT_FALSE(quaternion_of_affine(sheared, {1, 1, 1}));
}

TEST_F(NiftiFiles, WhatIsWrittenReadsBack) {
  for (const DType dtype : {DType::kUInt8, DType::kInt8, DType::kUInt16, DType::kInt16,
                            DType::kInt32, DType::kInt64, DType::kFloat32}) {
    for (const char* axes : {"ZYX", "CZYX"}) {
      for (const int level : {0, 1, 12}) {
        Field field;
        field.name = "image";
        field.dtype = dtype;
        field.axes = axes;
        RandomStream random(3, 0, 0);
        Bytes voxels(2 * 3 * 5 * 7 * dtype_size(dtype));
        for (uint8_t& byte : voxels)
          byte = static_cast<uint8_t>(random.next_below(64));  // no NaN among floats
        FieldValue value;
        value.bytes = voxels;
        value.shape = field.rank() == 4 ? Extents{2, 3, 5, 7} : Extents{6, 5, 7, 0};
        VolumeGeometry geometry;
        geometry.spacing_zyx = {2.5, 0.7f, 0.8f};
        geometry.affine = {0.8f, 0.01f, 0, -3, 0, 0.7f, 0, 4, 0, 0, 2.5, 5, 0, 0, 0, 1};
        Sample sample;
        const fs::path path = put(level == 0 ? "w.nii" : "w.nii.gz",
                                  encode_nifti(field, value, geometry, {level}, sample));
        const VolumeHead head = read_volume_head(path);
        EXPECT_EQ(head.dtype, dtype);
        EXPECT_EQ(head.geometry, geometry);
        EXPECT_EQ(read_all(path), voxels) << dtype_name(dtype) << axes << level;
      }
    }
  }
}

}  // namespace
}  // namespace stoker
