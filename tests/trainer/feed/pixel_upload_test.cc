// Pixels and labels become what a network takes, on a device that is there.
#include "trainer/feed/pixel_upload.h"

#include <gtest/gtest.h>

#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/error.h"
#include "trainer/tensors/device.h"

namespace stoker {
namespace {

TEST(PixelUpload, NormalisesEachChannel) {
  const PixelUpload feed({0.5, 0.25, 0.0}, {0.5, 0.125, 1.0}, torch::kCPU);
  Bytes pixels;  // two images of 1 x 2 pixels: 0, 51, 102, ... 255, and again
  for (int i = 0; i < 12; ++i)
    pixels.push_back(static_cast<uint8_t>(51 * (i % 6)));
  const torch::Tensor images = feed.images(pixels, 2, 1, 2);
  pixels.assign(pixels.size(), 0);  // the loader writes the next batch there
  ASSERT_EQ(images.sizes(), (std::vector<int64_t>{2, 3, 1, 2}));
  EXPECT_TRUE(images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  const auto at = images.accessor<float, 4>();
  for (int b = 0; b < 2; ++b) {
    EXPECT_NEAR(at[b][0][0][0], (0.0 - 0.5) / 0.5, 1e-6);
    EXPECT_NEAR(at[b][1][0][0], (0.2 - 0.25) / 0.125, 1e-6);
    EXPECT_NEAR(at[b][2][0][0], 0.4, 1e-6);
    EXPECT_NEAR(at[b][0][0][1], (0.6 - 0.5) / 0.5, 1e-6);
    EXPECT_NEAR(at[b][2][0][1], 1.0, 1e-6);
  }
}

TEST(PixelUpload, LabelsAreACopy) {
  const PixelUpload upload({0.5}, {0.5}, torch::kCPU);
  std::vector<int32_t> stored{3, 0, 2};
  const torch::Tensor labels = upload.labels(stored);
  stored = {9, 9, 9};
  EXPECT_TRUE(torch::equal(labels, torch::tensor({3, 0, 2}, torch::kInt64)));
  EXPECT_THROW(upload.images(Bytes(5), 1, 2, 2), Error);
}

TEST(ChooseDevice, RefusesWhatIsNoDevice) {
  EXPECT_TRUE(choose_device("cpu").is_cpu());
  for (const char* bad : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:99999999999", "cuda:99"}) {
    EXPECT_THROW(choose_device(bad), Error) << bad;
  }
}

}  // namespace
}  // namespace stoker
