#include "libdata/volume/features.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/half.h"
#include "libdata/core/parallel.h"
#include "libdata/core/random.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/brick_region.h"

namespace stoker {
namespace {

std::vector<KernelLevel> levels_here() {
  std::vector<KernelLevel> levels;
  for (const char* name : {"portable", "avx2", "avx512"}) {
    try {
      levels.push_back(parse_kernel_level(name));
    } catch (const Error&) {  // not on this machine
    }
  }
  return levels;
}

Bytes random_voxels(const Zyx& size_zyx, uint64_t seed) {
  RandomStream random(seed, 0, 0);
  Bytes voxels(static_cast<size_t>(size_zyx[0] * size_zyx[1] * size_zyx[2]));
  // Slow waves under noise, so that no channel is noise alone.
  for (size_t i = 0; i < voxels.size(); ++i) {
    voxels[i] = static_cast<uint8_t>(100 + 80 * std::sin(static_cast<double>(i) * 0.21) +
                                     static_cast<double>(random.next_below(60)));
  }
  return voxels;
}

template <typename Voxel>
std::vector<uint16_t> planar(const Zyx& size, const std::vector<Voxel>& voxels,
                             FeatureOptions options = {}) {
  std::vector<uint16_t> out(6 * voxels.size());
  compute_scroll6(size, std::span<const Voxel>(voxels), out, options);
  return out;
}

// The same volume at 16 bits.
std::vector<uint16_t> widened(const Bytes& voxels) {
  std::vector<uint16_t> wide;
  for (const uint8_t voxel : voxels)
    wide.push_back(static_cast<uint16_t>(257 * voxel));
  return wide;
}

struct Golden {
  std::string name;
  Zyx size_zyx;
};

class FeaturesGolden : public ::testing::TestWithParam<Golden> {};

template <typename Voxel>
void expect_as_scipy_has_it(const Golden& golden, const char* extension) {
  const std::filesystem::path stem =
      std::filesystem::path(STOKER_SOURCE_DIR) / "tests/golden/scroll6" / golden.name;
  const Bytes voxel_bytes = read_file(stem.string() + extension);
  std::vector<Voxel> voxels(voxel_bytes.size() / sizeof(Voxel));
  std::memcpy(voxels.data(), voxel_bytes.data(), voxel_bytes.size());
  const Bytes reference_bytes = read_file(stem.string() + ".f32");
  ASSERT_EQ(reference_bytes.size(), voxels.size() * 7 * sizeof(float));
  std::vector<float> reference(voxels.size() * 7);
  std::memcpy(reference.data(), reference_bytes.data(), reference_bytes.size());
  const float* slope_x = reference.data() + 6 * voxels.size();

  for (const KernelLevel level : levels_here()) {
    const std::vector<uint16_t> out = planar(golden.size_zyx, voxels, {level});
    size_t wrong = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      const float found = half_to_float(out[i]);
      if (i / voxels.size() == 5 && !(slope_x[i % voxels.size()] >= 0.1f)) {
        wrong += !(found >= 0 && found <= 20);
        continue;
      }
      const float tolerance = std::max(std::abs(reference[i]) * 0x1p-10f, 1e-3f);
      const bool close = std::abs(found - reference[i]) <= tolerance;
      if (!close && wrong++ < 5) {
        ADD_FAILURE() << kernel_level_name(level) << " channel " << i / voxels.size() << " voxel "
                      << i % voxels.size() << ": " << found << ", SciPy " << reference[i];
      }
    }
    EXPECT_EQ(wrong, 0u);
  }
}

TEST_P(FeaturesGolden, EveryVoxelAsSciPyHasIt) {
  if (GetParam().name.find("16_bit") != std::string::npos) {
    expect_as_scipy_has_it<uint16_t>(GetParam(), ".u16");
  } else {
    expect_as_scipy_has_it<uint8_t>(GetParam(), ".u8");
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, FeaturesGolden,
                         ::testing::Values(Golden{"sheets_20x20x20", {20, 20, 20}},
                                           Golden{"sheets_odd_7x40x33", {7, 40, 33}},
                                           Golden{"noise_thin_3x5x4", {3, 5, 4}},
                                           Golden{"noise_flat_1x30x2", {1, 30, 2}},
                                           Golden{"steps_6x9x32", {6, 9, 32}},
                                           Golden{"constant_5x6x17", {5, 6, 17}},
                                           Golden{"sheets_16_bit_9x20x33", {9, 20, 33}},
                                           Golden{"noise_16_bit_3x5x4", {3, 5, 4}}),
                         [](const auto& info) { return info.param.name; });

TEST(Features, EveryByteValueOfChannelZeroIsTheRoundedQuotient) {
  Bytes voxels(256);
  for (size_t i = 0; i < 256; ++i)
    voxels[i] = static_cast<uint8_t>(i);
  const std::vector<uint16_t> out = planar({1, 1, 256}, voxels);
  for (size_t i = 0; i < 256; ++i) {
    EXPECT_EQ(out[i], float_to_half(static_cast<float>(i) / 255.0f)) << i;
  }
}

TEST(Features, SixteenBitVoxelsOf257TimesTheValueGiveTheBitsOfEightBitOnes) {
  const Zyx size{17, 23, 37};
  const Bytes voxels = random_voxels(size, 4);
  for (const KernelLevel level : levels_here()) {
    EXPECT_TRUE(planar(size, widened(voxels), {level}) == planar(size, voxels, {level}))
        << kernel_level_name(level);
  }
  const Zyx volume{40, 50, 60};
  const Box box{{5, 30, 1}, {20, 20, 40}};
  const Zyx halo = scroll6_halo_box(volume, box).size_zyx;
  const Bytes around = random_voxels(halo, 5);
  std::vector<uint16_t> narrow(static_cast<size_t>(6 * box.voxel_count()));
  std::vector<uint16_t> wide(narrow.size());
  compute_scroll6_box(volume, box, around, narrow);
  compute_scroll6_box(volume, box, widened(around), wide);
  EXPECT_TRUE(wide == narrow);
}

TEST(Features, EveryKernelGivesTheSameBitsFor16BitVoxels) {
  const Zyx size{11, 13, 45};
  RandomStream random(8, 0, 0);
  std::vector<uint16_t> voxels(11 * 13 * 45);
  for (uint16_t& voxel : voxels)
    voxel = static_cast<uint16_t>(random.next_below(65536));
  const std::vector<uint16_t> portable = planar(size, voxels, {KernelLevel::kPortable});
  for (const KernelLevel level : levels_here())
    EXPECT_TRUE(planar(size, voxels, {level}) == portable) << kernel_level_name(level);
}

TEST(Features, EveryKernelGivesTheSameBits) {
  const std::vector<KernelLevel> levels = levels_here();
  for (const Zyx& size : {Zyx{30, 45, 70}, Zyx{9, 1, 5}, Zyx{2, 3, 17}}) {
    const Bytes voxels = random_voxels(size, 1);
    const std::vector<uint16_t> portable = planar(size, voxels, {KernelLevel::kPortable});
    std::vector<uint16_t> out(portable.size());
    const FeatureMoments moments = compute_scroll6(size, voxels, out, {KernelLevel::kPortable});
    for (const KernelLevel level : levels) {
      std::fill(out.begin(), out.end(), uint16_t{0});
      const FeatureMoments same = compute_scroll6(size, voxels, out, {level});
      EXPECT_TRUE(out == portable) << kernel_level_name(level);
      EXPECT_EQ(same.mean, moments.mean) << kernel_level_name(level);
      EXPECT_EQ(same.stddev, moments.stddev) << kernel_level_name(level);
    }
  }
}

TEST(Features, ThreadsDoNotMatter) {
  const Zyx size{70, 140, 50};
  const Bytes voxels = random_voxels(size, 2);
  std::vector<uint16_t> one(6 * voxels.size());
  std::vector<uint16_t> many(one.size());
  FeatureMoments one_moments;
  {
    const ThreadLimit limit(1);
    one_moments = compute_scroll6(size, voxels, one);
  }
  const ThreadLimit limit(9);
  const FeatureMoments many_moments = compute_scroll6(size, voxels, many);
  EXPECT_TRUE(one == many);
  EXPECT_EQ(one_moments.mean, many_moments.mean);
  EXPECT_EQ(one_moments.stddev, many_moments.stddev);
}

TEST(Features, BoxWithItsHaloEqualsTheWholeVolumeBitForBit) {
  RandomStream random(3, 0, 0);
  for (const Zyx& volume : {Zyx{60, 50, 70}, Zyx{5, 33, 90}, Zyx{13, 14, 15}}) {
    const Bytes voxels = random_voxels(volume, 4);
    const std::vector<uint16_t> whole = planar(volume, voxels);
    const Bytes blob = encode_bricks({volume, 1, DType::kUInt8}, voxels, BrickContent::kIntensity);
    for (int i = 0; i < 25; ++i) {
      Box box;
      for (size_t axis = 0; axis < 3; ++axis) {
        const auto side = static_cast<uint64_t>(volume[axis]);
        box.size_zyx[axis] = static_cast<int64_t>(1 + random.next_below(side));
        box.begin_zyx[axis] = static_cast<int64_t>(
            random.next_below(side - static_cast<uint64_t>(box.size_zyx[axis]) + 1));
      }
      const Box halo = scroll6_halo_box(volume, box);
      Bytes part(static_cast<size_t>(halo.voxel_count()));
      read_region(parse_bricks(blob), blob, halo, part);
      std::vector<uint16_t> out(static_cast<size_t>(6 * box.voxel_count()));
      compute_scroll6_box(volume, box, part, out);
      size_t wrong = 0;
      size_t at = 0;
      for (int64_t c = 0; c < 6; ++c) {
        for (int64_t z = box.begin_zyx[0]; z < box.end(0); ++z) {
          for (int64_t y = box.begin_zyx[1]; y < box.end(1); ++y) {
            for (int64_t x = box.begin_zyx[2]; x < box.end(2); ++x) {
              const int64_t index = ((c * volume[0] + z) * volume[1] + y) * volume[2] + x;
              wrong += out[at++] != whole[static_cast<size_t>(index)];
            }
          }
        }
      }
      EXPECT_EQ(wrong, 0u) << "box " << i;
    }
  }
}

TEST(Features, BricksHoldWhatThePlanarBufferHolds) {
  for (const Zyx& size : {Zyx{40, 33, 70}, Zyx{64, 64, 64}, Zyx{3, 5, 4}}) {
    const Bytes voxels = random_voxels(size, 5);
    std::vector<uint16_t> out(6 * voxels.size());
    const FeatureMoments moments = compute_scroll6(size, voxels, out);
    Bytes blob(RawBricks({size, 6, DType::kFloat16}).blob_bytes(), 0xee);
    const FeatureMoments same = compute_scroll6_bricks(size, voxels, blob);
    const BrickVolume volume = parse_bricks(blob);
    EXPECT_TRUE(verify_bricks(volume, blob).empty());
    const Bytes read = read_volume(volume, blob);
    EXPECT_EQ(std::memcmp(read.data(), out.data(), read.size()), 0);
    EXPECT_EQ(moments.mean, same.mean);
    EXPECT_EQ(moments.stddev, same.stddev);
  }
}

TEST(Features, MomentsAreThoseOfTheStoredChannels) {
  const Zyx size{33, 40, 50};
  const Bytes voxels = random_voxels(size, 7);
  std::vector<uint16_t> out(6 * voxels.size());
  const FeatureMoments moments = compute_scroll6(size, voxels, out);
  for (size_t c = 0; c < 6; ++c) {
    double sum = 0;
    double square = 0;
    for (size_t i = c * voxels.size(); i < (c + 1) * voxels.size(); ++i) {
      const double value = half_to_float(out[i]);
      sum += value;
      square += value * value;
    }
    const double mean = sum / static_cast<double>(voxels.size());
    const double stddev = std::sqrt(square / static_cast<double>(voxels.size()) - mean * mean);
    EXPECT_NEAR(moments.mean[c], mean, 1e-4 * stddev) << c;
    EXPECT_NEAR(moments.stddev[c], stddev, 1e-4 * stddev) << c;
  }
}

TEST(Features, SpansThatDoNotFitAreRefused) {
  const Bytes voxels(27);
  std::vector<uint16_t> out(6 * 27);
  EXPECT_THROW(compute_scroll6({3, 3, 4}, voxels, out), Error);
  EXPECT_THROW(compute_scroll6({3, 3, 3}, voxels, std::span(out).first(27)), Error);
  EXPECT_THROW(compute_scroll6_box({3, 3, 3}, {{1, 1, 1}, {3, 1, 1}}, voxels, out), Error);
  EXPECT_THROW(parse_kernel_level("sse9"), Error);
}

}  // namespace
}  // namespace stoker
