// Every odd kind of image through pack-imagenet: the right pixels, or a clear error. The images and
// their pixels were written by Pillow (tests/golden/image).
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"
#include "tests/image/golden_images.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OddImages : public testing::CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    fs::create_directories(folder_ / "tree" / "a");
    for (const GoldenImage& image : golden_images()) {
      if (!fs::exists(golden_path(image.name + ".rgb"))) continue;
      fs::copy_file(golden_path(image.name), folder_ / "tree" / "a" / image.name);
      images_[image.name] = image;
    }
  }

  // Adds one file to class a, packs, and expects exit code 1 with the file's name in the message.
  void expect_refused(const std::string& name, const Bytes& bytes) {
    write_file_atomically(folder_ / "tree" / "a" / name, bytes);
    const auto result = run("pack-imagenet --input tree --output refused --encode raw");
    EXPECT_EQ(result.exit_code, 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr(name));
    EXPECT_FALSE(fs::exists(folder_ / "refused" / "dataset.json"));
  }

  std::map<std::string, GoldenImage> images_;
};

TEST_F(OddImages, RawPixelsEqualPillows) {
  const auto result = run("pack-imagenet --input tree --output packed --encode raw");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const PackedDataset dataset(folder_ / "packed");
  const PackedSplit& split = dataset.split("");
  EXPECT_EQ(split.sample_count(), images_.size());
  for (uint64_t i = 0; i < split.sample_count(); ++i) {
    const std::string name = fs::path(std::string(split.sample_name(i))).filename().string();
    const BlobView blob = split.blob(i, 0);
    EXPECT_EQ(blob.shape[0], images_[name].height) << name;
    EXPECT_EQ(blob.shape[1], images_[name].width) << name;
    const Bytes expected = golden(name + ".rgb");
    const uint32_t channels = blob.shape[2];
    ASSERT_EQ(blob.bytes.size() / channels * 3, expected.size()) << name;
    int largest = 0;
    for (size_t k = 0; k < expected.size(); ++k) {
      const int found = blob.bytes[channels == 1 ? k / 3 : k];
      largest = std::max(largest, std::abs(found - expected[k]));
    }
    EXPECT_EQ(largest, 0) << name;
  }
}

TEST_F(OddImages, ConvertedImagesAreListedInTheManifest) {
  fs::copy_file(golden_path("rgba.png"), folder_ / "tree" / "a" / "n02105855_2933.JPEG");
  ASSERT_EQ(run("pack-imagenet --input tree --output packed --encode jpeg").exit_code, 0);
  std::map<std::string, std::string> reasons;
  const PackedDataset dataset(folder_ / "packed");
  for (const SampleNote& note : dataset.manifest().normalized) {
    reasons[note.name] = note.reason;
  }
  EXPECT_THAT(reasons["a/n02105855_2933.JPEG"], HasSubstr("png"));
  EXPECT_THAT(reasons["a/cmyk.jpg"], HasSubstr("CMYK"));
  EXPECT_EQ(reasons.count("a/color_420.jpg"), 0u);
}

TEST_F(OddImages, OriginalBytesPassVerification) {
  ASSERT_EQ(run("pack-imagenet --input tree --output packed").exit_code, 0);
  const auto result = run("verify-dataset packed --deep");
  EXPECT_EQ(result.exit_code, 0) << result.out;
}

TEST_F(OddImages, EmptyFileIsRefused) {
  expect_refused("empty.jpg", {});
}

TEST_F(OddImages, TextIsRefused) {
  const std::string text = "this is no image";
  expect_refused("text.jpg", Bytes(text.begin(), text.end()));
}

TEST_F(OddImages, TruncatedJpegIsRefused) {
  Bytes bytes = golden("color_420.jpg");
  bytes.resize(bytes.size() / 2);
  expect_refused("cut.jpg", bytes);
}

TEST_F(OddImages, TruncatedPngIsRefused) {
  Bytes bytes = golden("rgb.png");
  bytes.resize(bytes.size() / 2);
  expect_refused("cut.png", bytes);
}

TEST_F(OddImages, TruncatedJpegIsRefusedAlsoWhereBytesAreKept) {
  Bytes bytes = golden("color_420.jpg");
  bytes.resize(bytes.size() / 2);
  write_file_atomically(folder_ / "tree" / "a" / "cut.jpg", bytes);
  EXPECT_EQ(run("pack-imagenet --input tree --output refused").exit_code, 1);
}

}  // namespace
}  // namespace stoker
