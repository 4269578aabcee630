// MNIST's idx files, written byte by byte.
#include "formats/mnist/mnist_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "formats/mnist/idx_file.h"
#include "tests/formats/stacked_values.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::failure;
using ::testing::HasSubstr;
using testing::numbers;
using testing::open_source;

class MnistTest : public FolderTest {
 protected:
  // `sizes` big-endian, then `elements`.
  static Bytes idx(uint8_t type, const std::vector<uint32_t>& sizes, const Bytes& elements) {
    Bytes bytes{0, 0, type, static_cast<uint8_t>(sizes.size())};
    for (const uint32_t size : sizes)
      for (const int shift : {24, 16, 8, 0})
        bytes.push_back(static_cast<uint8_t>(size >> shift));
    bytes.insert(bytes.end(), elements.begin(), elements.end());
    return bytes;
  }
  // `count` images of 3 rows and 2 columns: pixel k of image i is 10 * i + k.
  static Bytes images(uint32_t count) {
    Bytes pixels;
    for (uint32_t i = 0; i < count; ++i)
      for (uint32_t k = 0; k < 6; ++k)
        pixels.push_back(static_cast<uint8_t>(10 * i + k));
    return idx(8, {count, 3, 2}, pixels);
  }
  fs::path put(const std::string& name, const Bytes& bytes) const {
    testing::write_quickly(folder_ / name, bytes);
    return folder_ / name;
  }
  fs::path put_gzipped(const std::string& name, const Bytes& bytes) const {
    const fs::path path = folder_ / name;
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path;
  }
  void put_whole_set() const {
    put("train-images-idx3-ubyte", images(3));
    put_gzipped("train-images-idx3-ubyte.gz", images(3));  // as torchvision leaves them
    put_gzipped("train-labels-idx1-ubyte.gz", idx(8, {3}, {7, 0, 9}));
    put_gzipped("t10k-images-idx3-ubyte.gz", images(2));
    put("t10k-labels-idx1-ubyte", idx(8, {2}, {1, 2}));
  }
};

TEST_F(MnistTest, ImagesAndLabelsComeTogetherByName) {
  put_whole_set();
  const auto reader = open_source(mnist_format(), {folder_});
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "test"));
  ASSERT_EQ(reader->items().size(), 5u);
  EXPECT_EQ(reader->facts().class_names.size(), 10u);
  EXPECT_EQ(reader->label(0), 7);
  EXPECT_EQ(reader->label(4), 2);
  EXPECT_EQ(testing::shape_of(*reader, 2, "image"), (Extents{3, 2, 1, 0}));
  EXPECT_THAT(numbers<uint8_t>(*reader, 2, "image"), ElementsAre(20, 21, 22, 23, 24, 25));
  EXPECT_THAT(numbers<uint8_t>(*reader, 4, "image"), ElementsAre(10, 11, 12, 13, 14, 15));
}

TEST_F(MnistTest, NamesWithADotAndNamesOfEmnist) {
  put("train-images.idx3-ubyte", images(2));
  put("train-labels.idx1-ubyte", idx(8, {2}, {1, 0}));
  put_gzipped("t10k-images.idx3-ubyte.gz", images(1));
  put_gzipped("t10k-labels.idx1-ubyte.gz", idx(8, {1}, {5}));
  const auto reader = open_source(mnist_format(), {folder_});
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "test"));
  EXPECT_EQ(reader->label(0), 1);
  EXPECT_EQ(reader->label(2), 5);
  put("train-images-idx3-ubyte", images(2));  // which of the two is not for us to say
  EXPECT_THAT(failure([&] { open_source(mnist_format(), {folder_}); }),
              HasSubstr("may both be the field 'image' of split train"));
  // EMNIST's letters count from 1; classes keep their numbers.
  const auto letters =
      open_source(mnist_format(),
                  {put_gzipped("emnist-letters-test-images-idx3-ubyte.gz", images(2)),
                   put_gzipped("emnist-letters-test-labels-idx1-ubyte.gz", idx(8, {2}, {26, 1}))});
  EXPECT_THAT(letters->facts().splits, ElementsAre("test"));
  EXPECT_EQ(letters->facts().class_names.size(), 27u);
  EXPECT_EQ(letters->label(0), 26);
}

// Rows of eight int32: class, NIST's series, writer, digit ...
TEST_F(MnistTest, QmnistHasItsClassInTheFirstColumn) {
  Bytes rows;
  for (const uint8_t label : {uint8_t{4}, uint8_t{2}})
    for (uint8_t column = 0; column < 8; ++column)
      rows.insert(rows.end(), {0, 0, 0, column == 0 ? label : uint8_t{99}});
  put_gzipped("qmnist-train-images-idx3-ubyte.gz", images(2));
  put_gzipped("qmnist-train-labels-idx2-int.gz", idx(0x0c, {2, 8}, rows));
  const auto reader = open_source(mnist_format(), {folder_});
  EXPECT_EQ(reader->label(0), 4);
  EXPECT_EQ(reader->label(1), 2);
  EXPECT_EQ(reader->facts().class_names.size(), 5u);
  ASSERT_EQ(reader->facts().notes.size(), 1u);
  EXPECT_THAT(reader->facts().notes[0].reason, HasSubstr("first of 8 numbers"));
}

TEST_F(MnistTest, LengthsThatDifferAreRefused) {
  put("train-images-idx3-ubyte", images(3));
  put("train-labels-idx1-ubyte", idx(8, {2}, {1, 0}));
  EXPECT_THAT(failure([&] { open_source(mnist_format(), {folder_}); }),
              HasSubstr("'image' has 3 rows, 'label' has 2"));
}

TEST_F(MnistTest, AllElementTypesAreBigEndian) {
  const auto first = [&](uint8_t type, const Bytes& elements) {
    const StridedArray array = open_idx(put("x-idx1", idx(type, {1}, elements)));
    Bytes out;
    Bytes scratch;
    const ByteSpan row = read_row(array, 0, DType::kFloat32, out, scratch);
    return load_le<float>(row.data());
  };
  EXPECT_EQ(first(0x08, {200}), 200.0f);
  EXPECT_EQ(first(0x09, {0xfe}), -2.0f);
  EXPECT_EQ(first(0x0b, {0xff, 0x00}), -256.0f);
  EXPECT_EQ(first(0x0c, {0x00, 0x01, 0x00, 0x00}), 65536.0f);
  EXPECT_EQ(first(0x0d, {0x3f, 0xc0, 0x00, 0x00}), 1.5f);
  EXPECT_EQ(first(0x0e, {0xc0, 0x04, 0, 0, 0, 0, 0, 0}), -2.5f);
}

TEST_F(MnistTest, SetsOfSeveralNamesAreNotMixed) {
  put("emnist-letters-train-images-idx3-ubyte", images(2));
  put("emnist-digits-train-images-idx3-ubyte", images(2));
  EXPECT_THAT(failure([&] { open_source(mnist_format(), {folder_}); }),
              HasSubstr("emnist-digits, emnist-letters"));
}

TEST_F(MnistTest, DamageIsAnErrorOrGivesAsManyNumbers) {
  for (const bool zipped : {false, true}) {
    const fs::path path = zipped ? put_gzipped("train-images-idx3-ubyte.gz", images(40))
                                 : put("train-images-idx3-ubyte", images(40));
    const Bytes whole = read_file(path);
    for (size_t size = 0; size < whole.size(); ++size) {
      testing::write_quickly(path, prefix_of(whole, size));
      ASSERT_NE(failure([&] { open_source(mnist_format(), {path}); }), "no error") << size;
    }
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
      Bytes damaged = whole;
      damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1u << (random() % 8));
      testing::write_quickly(path, damaged);
      failure([&] {
        const auto reader = open_source(mnist_format(), {path});
        testing::read_all(*reader);
        if (!zipped) return;
        EXPECT_EQ(numbers<uint8_t>(*reader, 39, "image")[5], 390 % 256 + 5) << round;
      });
    }
  }
}

}  // namespace
}  // namespace stoker
