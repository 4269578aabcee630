// Every odd kind of image through pack-imagenet: the right pixels, or a clear error. The images and
// their pixels were written by Pillow (tests/golden/image).
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>

#include "libdata/image/image_codec.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"
#include "tests/image/golden_image_kinds.h"
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

// A folder with every variety that tests/golden/image_kinds holds, each under its own name.
class ImageKindsPacked : public testing::CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    for (const GoldenKind& kind : golden_kinds()) {
      kinds_[kind.name] = kind;
      add(kind.name, read_file(kinds_path(kind.name)));
    }
  }

  void add(const std::string& name, const Bytes& bytes) {
    fs::create_directories(folder_ / "kinds" / "a");
    write_file_atomically(folder_ / "kinds" / "a" / name, bytes);
  }

  // Calls back with each packed sample's variety, blob and, as the loader has them, pixels.
  template <typename Check>
  void for_each_packed(const Check& check) {
    const PackedDataset dataset(folder_ / "packed");
    const PackedSplit& split = dataset.split("");
    EXPECT_EQ(split.sample_count(), kinds_.size());
    for (uint64_t i = 0; i < split.sample_count(); ++i) {
      const BlobView blob = split.blob(i, 0);
      const Image image = blob.codec == Codec::kRaw
                              ? Image{blob.shape[0], blob.shape[1], blob.shape[2],
                                      Bytes(blob.bytes.begin(), blob.bytes.end())}
                              : decode_image(blob.bytes);
      EXPECT_EQ(image.height, blob.shape[0]);
      EXPECT_EQ(image.width, blob.shape[1]);
      EXPECT_EQ(image.channels, blob.shape[2]);
      check(kinds_[fs::path(std::string(split.sample_name(i))).filename().string()], blob, image);
    }
  }

  std::map<std::string, GoldenKind> kinds_;
};

Bytes as_rgb(Image image) {
  convert_channels(image, Channels::kRgb);
  return image.pixels;
}

TEST_F(ImageKindsPacked, PixelsArePillowsWhereBytesAreKeptAndWhereTheyAreRaw) {
  for (const std::string encode : {"original", "raw"}) {
    const auto result =
        run("pack-imagenet --input kinds --output packed --force --encode " + encode);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(run("verify-dataset packed --deep").exit_code, 0);
    for_each_packed([&](const GoldenKind& kind, const BlobView& blob, const Image& image) {
      EXPECT_EQ(as_rgb(image), expected_rgb(kind)) << encode << " " << kind.name;
      EXPECT_EQ(image.channels, kind.channels) << encode << " " << kind.name;
      EXPECT_EQ((blob.flags & kFlagRotated) != 0, kind.orientation != 1) << kind.name;
    });
  }
}

TEST_F(ImageKindsPacked, JpegsAndMixedHoldEncodingsOfPillowsPixels) {
  for (const std::string encode : {"jpeg", "mixed"}) {
    const auto result =
        run("pack-imagenet --input kinds --output packed --force --encode " + encode);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    for_each_packed([&](const GoldenKind& kind, const BlobView& blob, const Image& image) {
      Image pixels{kind.height, kind.width, 3, expected_rgb(kind)};
      if (kind.channels == 1) convert_channels(pixels, Channels::kGray);
      if (blob.codec == Codec::kJpeg) pixels = decode_jpeg(encode_jpeg(pixels));
      EXPECT_EQ(image.pixels, pixels.pixels) << encode << " " << kind.name;
    });
  }
}

TEST_F(ImageKindsPacked, OrientationIsAppliedWhereAsked) {
  const auto result =
      run("pack-imagenet --input kinds --output packed --encode raw --orientation apply");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const Bytes upright = read_file(kinds_path("upright_1_to_8.rgb"));
  for_each_packed([&](const GoldenKind& kind, const BlobView& blob, const Image& image) {
    EXPECT_EQ(blob.flags & kFlagRotated, 0) << kind.name;
    if (!kind.name.starts_with("exif") && !kind.name.starts_with("orientation")) return;
    const size_t size = image.pixels.size();
    const auto from = upright.begin() +
                      static_cast<std::ptrdiff_t>(size * static_cast<size_t>(kind.orientation - 1));
    EXPECT_EQ(image.pixels, Bytes(from, from + static_cast<std::ptrdiff_t>(size))) << kind.name;
  });
  const auto kept = run("pack-imagenet --input kinds --output other --orientation apply");
  EXPECT_EQ(kept.exit_code, 2);
  EXPECT_THAT(kept.err, HasSubstr("--encode"));
}

TEST_F(ImageKindsPacked, NothingButOurOwnMessagesReachesTheConsole) {
  Bytes cut = read_file(kinds_path("broken_profile.png"));
  cut.resize(cut.size() / 2);
  add("cut.png", cut);
  cut = read_file(kinds_path("jpeg_ycbcr.tif"));
  std::fill(cut.begin() + 200, cut.begin() + 260, uint8_t{0xFF});
  add("damaged.tif", cut);
  const auto result =
      run("pack-imagenet --input kinds --output packed --encode raw --on-error skip --quiet");
  EXPECT_EQ(result.exit_code, 0);
  for (const char* library : {"libpng", "iCCP", "JPEGLib", "TIFFReadDirectory", "OpenCV"})
    EXPECT_EQ(result.err.find(library), std::string::npos) << result.err;
}

TEST_F(ImageKindsPacked, AnimationsAreNotedInTheManifest) {
  ASSERT_EQ(run("pack-imagenet --input kinds --output packed --encode raw").exit_code, 0);
  std::map<std::string, std::string> reasons;
  const PackedDataset dataset(folder_ / "packed");
  for (const SampleNote& note : dataset.manifest().normalized)
    reasons[note.name] = note.reason;
  EXPECT_THAT(reasons["a/animated.webp"], HasSubstr("frames"));
  EXPECT_THAT(reasons["a/two_pages.tif"], HasSubstr("pages"));
  EXPECT_EQ(reasons.count("a/lossy.webp"), 0u);
}

// The frame header (SOF0) of a JPEG, its precision made 12 bits or its process another.
Bytes with_frame(Bytes jpeg, uint8_t marker, uint8_t bits) {
  for (size_t i = 0; i + 4 < jpeg.size(); ++i) {
    if (jpeg[i] != 0xFF || jpeg[i + 1] != 0xC0) continue;
    jpeg[i + 1] = marker;
    jpeg[i + 4] = bits;
    break;
  }
  return jpeg;
}

TEST_F(OddImages, JpegsThatAreNotReadAreRefusedByTheirHeaderAndSkippedWhereAsked) {
  const Bytes good = golden("color_420.jpg");
  fs::create_directories(folder_ / "odd" / "a");
  const auto add = [&](const std::string& name, const Bytes& bytes) {
    write_file_atomically(folder_ / "odd" / "a" / name, bytes);
  };
  add("good.jpg", good);
  add("twelve_bit.jpg", with_frame(good, 0xC1, 12));
  add("lossless.jpg", with_frame(good, 0xC3, 8));
  add("hierarchical.jpg", with_frame(good, 0xC5, 8));
  Bytes huge = with_frame(good, 0xC0, 8);
  for (size_t i = 0; i + 9 < huge.size(); ++i) {
    if (huge[i] == 0xFF && huge[i + 1] == 0xC0) std::fill_n(&huge[i + 5], 4, uint8_t{0xF0});
  }
  add("huge.jpg", huge);
  for (const std::string encode : {"original", "jpeg", "raw"}) {
    const auto result =
        run("pack-imagenet --input odd --output odd_packed --force --on-error skip "
            "--encode " +
            encode);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const PackedDataset dataset(folder_ / "odd_packed");
    EXPECT_EQ(dataset.split("").sample_count(), 1u) << encode;
    EXPECT_EQ(dataset.manifest().skipped.size(), 4u) << encode;
  }
  EXPECT_EQ(run("pack-imagenet --input odd --output stopped").exit_code, 1);
}

TEST_F(OddImages, AnImageTooLongForAJpegIsSkippedWithItsReason) {
  fs::create_directories(folder_ / "long" / "a");
  const Image wide{2, 70000, 1, Bytes(2 * 70000, 9)};
  write_file_atomically(folder_ / "long" / "a" / "wide.png", encode_png(wide));
  write_file_atomically(folder_ / "long" / "a" / "good.jpg", golden("color_420.jpg"));
  const auto stopped = run("pack-imagenet --input long --output stopped --encode jpeg");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("65500"));
  const auto result = run("pack-imagenet --input long --output out --encode jpeg --on-error skip");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(PackedDataset(folder_ / "out").manifest().skipped.size(), 1u);
  EXPECT_EQ(run("pack-imagenet --input long --output raw --encode raw").exit_code, 0);
}

}  // namespace
}  // namespace stoker
