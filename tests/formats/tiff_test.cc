#include "formats/tiff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "formats/tiff_lzw.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kGolden =
    std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/tiff";
constexpr std::array<int64_t, 3> kGoldenSize{5, 40, 33};

int64_t golden_value(int64_t z, int64_t y, int64_t x) {
  return z * 10000 + y * 100 + x;
}

template <typename Voxel>
void expect_golden(const Volume<Voxel>& volume) {
  ASSERT_EQ(volume.size_zyx, kGoldenSize);
  size_t i = 0;
  for (int64_t z = 0; z < kGoldenSize[0]; ++z) {
    for (int64_t y = 0; y < kGoldenSize[1]; ++y) {
      for (int64_t x = 0; x < kGoldenSize[2]; ++x, ++i) {
        ASSERT_EQ(volume.voxels[i], static_cast<Voxel>(golden_value(z, y, x)))
            << "at z " << z << ", y " << y << ", x " << x;
      }
    }
  }
}

Error error_of(ByteSpan file) {
  try {
    decode_tiff_u8(file);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "nothing was thrown");
}

class TiffGolden : public ::testing::TestWithParam<const char*> {
 protected:
  bool is_16_bit() const { return std::string(GetParam()).find("_u16") != std::string::npos; }
  Bytes file_ = read_file(kGolden / GetParam());
};

TEST_P(TiffGolden, DecodesToTheArithmetic) {
  if (is_16_bit()) {
    expect_golden(decode_tiff_u16(file_));
  } else {
    expect_golden(decode_tiff_u8(file_));
  }
}

TEST_P(TiffGolden, VoxelBoundHoldsAndIsClose) {
  const auto voxels = static_cast<uint64_t>(kGoldenSize[0] * kGoldenSize[1] * kGoldenSize[2]);
  EXPECT_GE(tiff_voxel_bound(file_).voxels, voxels);
  EXPECT_EQ(tiff_voxel_bound(file_).dtype, is_16_bit() ? DType::kUInt16 : DType::kUInt8);
  EXPECT_LE(tiff_voxel_bound(file_).voxels,
            2 * voxels + 2000);  // uncompressed: all bytes of the file
}

TEST_P(TiffGolden, OtherWidthIsRefusedWithAHint) {
  if (is_16_bit()) {
    EXPECT_EQ(error_of(file_).code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error_of(file_).message(), HasSubstr("voxels of 8 bits, found 16"));
  } else {
    EXPECT_THROW(decode_tiff_u16(file_), Error);
  }
}

TEST_P(TiffGolden, EveryPrefixIsRefusedOrWhole) {
  // A few writers end a file with bytes that no tag points to (padding, a copy of the description);
  // without those the volume is whole.
  constexpr size_t kUnusedTail = 16;
  for (size_t size = 0; size < file_.size(); ++size) {
    const Bytes prefix(file_.begin(), file_.begin() + static_cast<ptrdiff_t>(size));
    try {
      is_16_bit() ? expect_golden(decode_tiff_u16(prefix)) : expect_golden(decode_tiff_u8(prefix));
      EXPECT_GE(size + kUnusedTail, file_.size());
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported)
          << error.what();
    }
  }
}

TEST_P(TiffGolden, FlippedBytesGiveAnErrorOrAResult) {
  std::mt19937 random(7);  // NOLINT: the same damage at every run
  const ThreadLimit one_thread(1);
  for (int round = 0; round < 3000; ++round) {
    Bytes damaged = file_;
    // Most damage goes where the structure is: the first bytes, and the last.
    const size_t window = std::min<size_t>(damaged.size(), 400);
    const size_t where = random() % window;
    const size_t place = random() % 3 == 0   ? random() % damaged.size()
                         : random() % 2 == 0 ? where
                                             : damaged.size() - 1 - where;
    damaged[place] = static_cast<uint8_t>(random());
    try {
      is_16_bit() ? (void)decode_tiff_u16(damaged) : (void)decode_tiff_u8(damaged);
    } catch (const Error&) {
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, TiffGolden,
    ::testing::Values("pillow_none.tif", "pillow_lzw.tif", "pillow_lzw_predictor.tif",
                      "pillow_deflate.tif", "pillow_packbits.tif", "pillow_lzw_u16.tif",
                      "tifffile_none.tif", "tifffile_bigtiff.tif", "tifffile_big_endian_u16.tif",
                      "tifffile_bigtiff_big_endian_u16.tif", "tifffile_tiles.tif",
                      "tifffile_one_directory.tif", "tifffile_trailing_axis.tif",
                      "tifffile_leading_axis.tif", "imagej.tif", "imagej_u16.tif",
                      "tiffcp_lzw_predictor_tiles.tif", "tiffcp_lzw_strips_of_7.tif",
                      "tiffcp_lzw_predictor_bigtiff_big_endian_u16.tif", "deflate_32946.tif"),
    [](const auto& info) {
      const std::string name = info.param;
      return name.substr(0, name.find('.'));
    });

TEST(TiffOme, VolumeOfOneChannelDecodesToTheArithmetic) {
  // Not among the above: its description comes last, so that a prefix may hold all voxels.
  expect_golden(decode_tiff_u8(read_file(kGolden / "tifffile_ome.tif")));
}

class TiffLabels : public ::testing::TestWithParam<const char*> {};

TEST_P(TiffLabels, AreTheNumbersWhateverTheirSampleType) {
  const Bytes file = read_file(kGolden / GetParam());
  const ByteSpan span = file;
  const TiffStackInfo info = probe_tiff(span, TiffContent::kLabel);
  ASSERT_EQ(info.size_zyx, kGoldenSize);
  Bytes labels(info.volume_bytes());
  decode_tiff({&span, 1}, info, labels);
  const bool two_values = std::string(GetParam()) == "label_two_values.tif";
  size_t i = 0;
  for (int64_t z = 0; z < kGoldenSize[0]; ++z) {
    for (int64_t y = 0; y < kGoldenSize[1]; ++y) {
      for (int64_t x = 0; x < kGoldenSize[2]; ++x, ++i)
        ASSERT_EQ(labels[i], (z + y + x) % 3 % (two_values ? 2 : 3));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, TiffLabels,
                         ::testing::Values("label_uint16.tif", "label_int32.tif", "label_int64.tif",
                                           "label_float32.tif", "label_palette.tif",
                                           "label_two_values.tif"),
                         [](const auto& info) {
                           const std::string name = info.param;
                           return name.substr(0, name.find('.'));
                         });

TEST(TiffSeries, FilesOfOnePageMakeAVolume) {
  std::vector<Bytes> files;
  for (const char* name :
       {"slice_8.tif", "slice_9.tif", "slice_10.tif", "slice_11.tif", "slice_12.tif"}) {
    files.push_back(read_file(kGolden / "series" / name));
  }
  const std::vector<ByteSpan> spans(files.begin(), files.end());
  const TiffStackInfo info = probe_tiff(spans);
  Volume<uint8_t> volume{info.size_zyx, std::vector<uint8_t>(info.volume_bytes())};
  decode_tiff(spans, info, volume.voxels);
  expect_golden(volume);
}

TEST(TiffSeries, FileOfSeveralPagesIsRefused) {
  const Bytes stack = read_file(kGolden / "pillow_none.tif");
  const std::vector<ByteSpan> files{stack, stack};
  EXPECT_THROW(probe_tiff(files), Error);
}

TEST(TiffPlanes, AnyRunOfPlanesCanBeDecoded) {
  const Bytes file = read_file(kGolden / "tiffcp_lzw_predictor_tiles.tif");
  const ByteSpan span = file;
  const TiffStackInfo info = probe_tiff(span);
  Bytes planes(2 * info.plane_bytes());
  decode_tiff_planes({&span, 1}, info, 3, 2, planes);
  EXPECT_EQ(planes[0], static_cast<uint8_t>(golden_value(3, 0, 0)));
  EXPECT_EQ(planes.back(), static_cast<uint8_t>(golden_value(4, 39, 32)));
}

struct Refusal {
  const char* file;
  const char* says;
};

class TiffRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(TiffRefusal, SaysWhy) {
  const Error error = error_of(read_file(kGolden / GetParam().file));
  EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
  EXPECT_THAT(error.message(), HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    Files, TiffRefusal,
    ::testing::Values(
        Refusal{"refused_colour.tif", "found colour"},
        Refusal{"refused_palette.tif", "found a palette"},
        Refusal{"refused_1_bit.tif", "unsigned of 1 bits"},
        Refusal{"refused_float.tif", "float of 32 bits"},
        Refusal{"refused_signed.tif", "signed of 16 bits"},
        Refusal{"refused_jpeg.tif", "compression 7"},
        Refusal{"refused_white_is_zero.tif", "white as 0"},
        Refusal{"refused_several_channels.tif", "several channels"},
        Refusal{"refused_ome_channels.tif", "OME: SizeC 2, SizeZ 5"},
        Refusal{
            "refused_page_sizes.tif",
            "page at z 1: expected every page to be 20 x 33 uint8 as the first is, found 40 x 33"}),
    [](const auto& info) {
      const std::string name = info.param.file;
      return name.substr(0, name.find('.'));
    });

// A classic little-endian TIFF of one LZW page that claims `height` rows.
Bytes claiming_file(uint32_t height) {
  Bytes file = encode_tiff({{1, 2, 2}, {1, 2, 3, 4}}, TiffCompression::kLzw);
  const auto number = [&](size_t at) {
    return static_cast<uint32_t>(file[at] | file[at + 1] << 8 | file[at + 2] << 16 |
                                 file[at + 3] << 24);
  };
  const size_t directory = number(4);
  for (size_t entry = directory + 2; entry + 12 <= file.size(); entry += 12) {
    const int tag = file[entry] | file[entry + 1] << 8;
    if (tag != 257 && tag != 278) continue;  // ImageLength, RowsPerStrip
    file[entry + 2] = 4;                     // LONG
    file[entry + 3] = 0;
    for (size_t i = 0; i < 4; ++i)
      file[entry + 8 + i] = static_cast<uint8_t>(height >> (8 * i));
  }
  return file;
}

TEST(TiffDamage, TextIsNoTiff) {
  const Error error = error_of(as_bytes("id,scroll_id\n4293224556,34117\n"));
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.message(), HasSubstr("expected a TIFF"));
}

TEST(TiffDamage, LyingClaimsAreNoBound) {
  EXPECT_THROW(tiff_voxel_bound(claiming_file(1'000'000'000u)), Error);
  EXPECT_THROW(tiff_voxel_bound({}), Error);
  EXPECT_THROW(tiff_voxel_bound(as_bytes("version https://git-lfs.github.com/spec/v1\n")), Error);
}

TEST(TiffDamage, EmptyFileIsRefused) {
  EXPECT_EQ(error_of({}).code(), ErrorCode::kCorrupt);
}

TEST(TiffDamage, LyingHeightTakesNoMemory) {
  const Error error = error_of(claiming_file(1'000'000'000u));
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.message(), HasSubstr("more than its"));
}

TEST(TiffDamage, DirectoryLoopIsRefused) {
  Bytes file = encode_tiff({{2, 2, 2}, Bytes(8, 9)}, TiffCompression::kNone);
  // The last directory's link (four zero bytes somewhere) set to the first directory.
  const Bytes first(file.begin() + 4, file.begin() + 8);
  bool looped = false;
  for (size_t at = 8; at + 4 <= file.size() && !looped; ++at) {
    Bytes damaged = file;
    std::copy(first.begin(), first.end(), damaged.begin() + static_cast<ptrdiff_t>(at));
    looped = error_of(damaged).message().find("comes back to itself") != std::string::npos;
  }
  EXPECT_TRUE(looped);
}

class TiffEncode : public ::testing::TestWithParam<TiffCompression> {};

TEST_P(TiffEncode, RoundTripsOddShapes) {
  for (const std::array<int64_t, 3> size :
       {std::array<int64_t, 3>{1, 1, 1}, {3, 5, 7}, {2, 300, 301}, {17, 1, 64}}) {
    Volume<uint8_t> volume{size, {}};
    volume.voxels.resize(static_cast<size_t>(volume.voxel_count()));
    for (size_t i = 0; i < volume.voxels.size(); ++i) {
      volume.voxels[i] = static_cast<uint8_t>(i * i / 7);
    }
    const Volume<uint8_t> back = decode_tiff_u8(encode_tiff(volume, GetParam()));
    EXPECT_EQ(back.size_zyx, size);
    EXPECT_EQ(back.voxels, volume.voxels);
  }
}

// Written by libtiff, read by our own LZW: strings of one byte repeated (which name themselves), of
// every length, and noise that fills the table many times over.
TEST_P(TiffEncode, RoundTripsRunsAndNoise) {
  std::mt19937 random(3);  // NOLINT: the same bytes at every run
  for (const unsigned kinds : {1u, 2u, 3u, 17u, 256u}) {
    for (const unsigned longest_run : {1u, 5u, 300u}) {
      Volume<uint8_t> volume{{3, 257, 255}, {}};
      const auto count = static_cast<size_t>(volume.voxel_count());
      while (volume.voxels.size() < count) {
        const size_t run =
            std::min<size_t>(1 + random() % longest_run, count - volume.voxels.size());
        volume.voxels.insert(volume.voxels.end(), run, static_cast<uint8_t>(random() % kinds));
      }
      const Volume<uint8_t> back = decode_tiff_u8(encode_tiff(volume, GetParam()));
      ASSERT_TRUE(back.voxels == volume.voxels) << kinds << " values, runs of " << longest_run;
    }
  }
}

// The table of 4096 is full, and cleared, after as many voxels of noise: every place of a clear
// before the end of a strip.
TEST_P(TiffEncode, RoundTripsStripsThatEndNearAClear) {
  std::mt19937 random(4);  // NOLINT: the same bytes at every run
  Bytes noise(4200);
  for (uint8_t& voxel : noise)
    voxel = static_cast<uint8_t>(random());
  for (int64_t width = 3700; width < 4200; ++width) {
    const Volume<uint8_t> volume{{1, 1, width}, {noise.begin(), noise.begin() + width}};
    ASSERT_TRUE(decode_tiff_u8(encode_tiff(volume, GetParam())).voxels == volume.voxels) << width;
  }
}

TEST(TiffLzw, RefusesCodesOfNoStringAndEarlyEnds) {
  const auto decode = [](const Bytes& stored) {
    Bytes out(4);
    decode_tiff_lzw(stored, out);
    return out;
  };
  // Nine bits each: clear 256, 65, 66, 67, 68, end 257, as the specification packs them.
  EXPECT_EQ(decode({0x80, 0x10, 0x48, 0x44, 0x32, 0x24, 0x04}), (Bytes{65, 66, 67, 68}));
  EXPECT_THROW(decode({0x80, 0x10, 0x60, 0x20}), Error);  // clear, 65, end
  EXPECT_THROW(decode({0x80, 0x10, 0x7f, 0xe0}), Error);  // clear, 65, 511
  EXPECT_THROW(decode({0x80}), Error);
  EXPECT_THROW(decode({}), Error);
}

INSTANTIATE_TEST_SUITE_P(All, TiffEncode,
                         ::testing::Values(TiffCompression::kNone, TiffCompression::kLzw,
                                           TiffCompression::kDeflate, TiffCompression::kPackBits));

}  // namespace
}  // namespace stoker
