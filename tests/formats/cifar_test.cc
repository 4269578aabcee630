// CIFAR's batches: binary ones written byte by byte, pickled ones by Python.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "formats/cifar/cifar_format.h"
#include "formats/cifar/pickle_array.h"
#include "tests/formats/stacked_values.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using testing::counted;
using ::testing::ElementsAre;
using testing::failure;
using testing::golden;
using ::testing::HasSubstr;
using testing::numbers;
using testing::open_source;

constexpr uint64_t kPlane = 1024;

class CifarTest : public FolderTest {
 protected:
  void put(const std::string& name, const Bytes& bytes) const {
    testing::write_quickly(folder_ / name, bytes);
  }
  void put_text(const std::string& name, std::string_view text) const {
    put(name, Bytes(text.begin(), text.end()));
  }
  // Records of label bytes and pixels: byte i of all pixels of the file is counted(i).
  static Bytes records(const std::vector<Bytes>& labels) {
    Bytes bytes;
    uint64_t i = 0;
    for (const Bytes& label : labels) {
      bytes.insert(bytes.end(), label.begin(), label.end());
      for (uint64_t k = 0; k < 3 * kPlane; ++k)
        bytes.push_back(static_cast<uint8_t>(counted(i++)));
    }
    return bytes;
  }
  void bring(const std::string& name, const std::string& as) const {
    fs::copy_file(golden("cifar/" + name), folder_ / as);
  }
  std::unique_ptr<SourceReader> open() const { return open_source(cifar_format(), {folder_}); }

  // Planes of 32 x 32 become pixels: channel c of pixel p is byte c * 1024 + p of its image.
  static void expect_pixels(const SourceReader& reader, uint64_t item, uint64_t row) {
    const auto pixels = numbers<uint8_t>(reader, item, "image");
    ASSERT_EQ(pixels.size(), 3 * kPlane);
    for (uint64_t k = 0; k < 3 * kPlane; ++k)
      ASSERT_EQ(pixels[k], counted(row * 3 * kPlane + k % 3 * kPlane + k / 3)) << k;
  }
};

TEST_F(CifarTest, BinaryBatchesWithTheirNames) {
  put("data_batch_1.bin", records({{3}, {0}}));
  put("data_batch_2.bin", records({{2}}));
  put("test_batch.bin", records({{1}}));
  put_text("batches.meta.txt", "airplane\nautomobile\nbird\ncat\n\n");
  const auto reader = open();
  EXPECT_THAT(reader->facts().splits, ElementsAre("train", "test"));
  EXPECT_THAT(reader->facts().class_names, ElementsAre("airplane", "automobile", "bird", "cat"));
  ASSERT_EQ(reader->items().size(), 4u);
  EXPECT_EQ(reader->items()[2].name, "data_batch_2/000000");
  EXPECT_EQ(reader->label(0), 3);
  EXPECT_EQ(reader->label(3), 1);
  EXPECT_EQ(testing::shape_of(*reader, 0, "image"), (Extents{32, 32, 3, 0}));
  expect_pixels(*reader, 1, 1);
  expect_pixels(*reader, 2, 0);
}

TEST_F(CifarTest, FineAndCoarseLabels) {
  put("train.bin", records({{1, 3}, {0, 2}}));
  put_text("fine_label_names.txt", "a\nb\nc\nd\n");
  put_text("coarse_label_names.txt", "x\ny\n");
  const auto reader = open();
  EXPECT_EQ(reader->label(0), 3);
  EXPECT_THAT(numbers<uint8_t>(*reader, 0, "coarse_label"), ElementsAre(1));
  EXPECT_EQ(reader->facts().class_names.size(), 4u);
  EXPECT_EQ(reader->schema().fields[2].definition, "in order: x, y");
  expect_pixels(*reader, 1, 1);
}

TEST_F(CifarTest, ACutFileIsRefused) {
  put("train.bin", prefix_of(records({{1, 3}}), 3000));
  EXPECT_THAT(failure([&] { open(); }), HasSubstr("cut short"));
}

TEST_F(CifarTest, PickledBatchesOfAllProtocols) {
  for (const char* protocol : {"protocol2", "protocol4", "protocol5"}) {
    const fs::path batch = folder_ / "data_batch_1";
    fs::remove(batch);
    bring(std::string(protocol) + ".pickle", "data_batch_1");
    if (!fs::exists(folder_ / "batches.meta")) bring("meta.pickle", "batches.meta");
    const auto reader = open();
    EXPECT_THAT(reader->facts().class_names, ElementsAre("plane", "car", "bird", "cat"));
    ASSERT_EQ(reader->items().size(), 2u);
    EXPECT_EQ(reader->items()[1].name, "data_batch_1/cat_s_000001.png");
    EXPECT_EQ(reader->label(0), 3);
    expect_pixels(*reader, 0, 0);
    expect_pixels(*reader, 1, 1);
  }
}

// Written by Python's tarfile, with batches of NumPy 2.
TEST_F(CifarTest, TheArchiveAsItIsDownloaded) {
  bring("python.tar.gz", "cifar-10-python.tar.gz");
  const fs::path archive = folder_ / "cifar-10-python.tar.gz";
  EXPECT_TRUE(cifar_format().detect(look_at(archive)));
  const auto reader = open_source(cifar_format(), {archive});
  EXPECT_THAT(reader->facts().class_names, ElementsAre("plane", "car", "bird", "cat"));
  ASSERT_EQ(reader->items().size(), 4u);
  EXPECT_EQ(reader->items()[0].name, "data_batch_1/cat_s_000000.png");
  EXPECT_EQ(reader->items()[3].name, "data_batch_2/cat_s_000001.png");
  EXPECT_EQ(reader->label(2), 3);
  expect_pixels(*reader, 1, 1);
  expect_pixels(*reader, 2, 0);
}

TEST_F(CifarTest, BinaryBatchesInAPlainTar) {
  fs::create_directories(folder_ / "cifar-100-binary");
  put("cifar-100-binary/train.bin", records({{1, 3}, {0, 2}}));
  put("cifar-100-binary/test.bin", records({{1, 1}}));
  put_text("cifar-100-binary/fine_label_names.txt", "a\r\nb\r\nc\r\nd\r\n");
  put_text("cifar-100-binary/coarse_label_names.txt", "x\ny\n");
  const fs::path tar = folder_ / "set.tar";
  const std::string command =
      "tar -C '" + folder_.string() + "' -cf '" + tar.string() + "' cifar-100-binary";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_TRUE(cifar_format().detect(look_at(tar)));
  const auto archive = open_source(cifar_format(), {tar});
  const auto folder = open_source(cifar_format(), {folder_ / "cifar-100-binary"});
  EXPECT_THAT(archive->facts().splits, ElementsAre("test", "train"));
  EXPECT_THAT(archive->facts().class_names, ElementsAre("a", "b", "c", "d"));
  for (const auto* reader : {archive.get(), folder.get()}) {
    ASSERT_EQ(reader->items().size(), 3u);
    EXPECT_EQ(reader->items()[1].name, "train/000000");
    EXPECT_EQ(reader->label(1), 3);
    EXPECT_THAT(numbers<uint8_t>(*reader, 2, "coarse_label"), ElementsAre(0));
    expect_pixels(*reader, 2, 1);
  }
}

TEST_F(CifarTest, OtherArchivesAreNotTakenForCifar) {
  put_text("train", "no pickle");
  const fs::path tar = folder_ / "set.tar.gz";
  const std::string command = "tar -C '" + folder_.string() + "' -czf '" + tar.string() + "' train";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_FALSE(cifar_format().detect(look_at(tar)));
  EXPECT_FALSE(cifar_format().detect(look_at(folder_)));
  EXPECT_THAT(failure([&] { open_source(cifar_format(), {tar}); }), HasSubstr("holds no batch"));
}

// A checksum goes over all of a gzip file: damage is never other pixels.
TEST_F(CifarTest, DamagedArchivesAreErrorsOrTheSame) {
  const Bytes whole = read_file(golden("cifar/python.tar.gz"));
  const fs::path path = folder_ / "a.tar.gz";
  for (size_t size = 0; size < whole.size(); size += size < 64 ? 1 : 5) {
    testing::write_quickly(path, prefix_of(whole, size));
    ASSERT_NE(failure([&] { open_source(cifar_format(), {path}); }), "no error") << size;
    (void)cifar_format().detect(look_at(path));
  }
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    Bytes damaged = whole;
    damaged[random() % damaged.size()] ^= static_cast<uint8_t>(1u << (random() % 8));
    testing::write_quickly(path, damaged);
    failure([&] {
      const auto reader = open_source(cifar_format(), {path});
      ASSERT_EQ(reader->items().size(), 4u);
      for (uint64_t item = 0; item < 4; ++item)
        expect_pixels(*reader, item, item % 2);
    });
  }
}

TEST_F(CifarTest, ALabelWithoutANameIsAnError) {
  put("data_batch_1.bin", records({{3}, {4}}));
  put_text("batches.meta.txt", "airplane\nautomobile\nbird\ncat\n");
  EXPECT_THAT(failure([&] { open(); }), HasSubstr("label 4 has no name"));
}

TEST_F(CifarTest, FortranOrderAndCoarseLabelsOfPickles) {
  bring("fortran.pickle", "train");
  const auto reader = open();
  EXPECT_EQ(reader->label(1), 1);
  EXPECT_THAT(numbers<int64_t>(*reader, 0, "coarse_label"), ElementsAre(1));
  expect_pixels(*reader, 1, 1);
}

// As Python 2 wrote CIFAR: bytes as they are (instruction 'T'), protocol 2.
TEST_F(CifarTest, PickledByPythonTwo) {
  std::string pickle = "\x80\x02}q\x01(U\x04";
  pickle += "dataq\x02";
  pickle += "cnumpy.core.multiarray\n_reconstruct\nq\x03";
  pickle += "cnumpy\nndarray\nq\x04";
  pickle += std::string("K\x00\x85U\x01", 5) + "b\x87Rq\x05";
  pickle += std::string("(K\x01K\x02M\x00\x0c\x86", 9);  // version, shape (2, 3072)
  pickle += "cnumpy\ndtype\nq\x06U\x02u1K" + std::string("\x00K\x01\x87R", 5);
  pickle += std::string("(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb", 23);
  pickle += std::string("\x89T\x00\x18\x00\x00", 6);
  for (uint64_t i = 0; i < 6 * kPlane; ++i)
    pickle += static_cast<char>(counted(i));
  pickle +=
      "tbU\x06labelsq\x07]q\x08(K\x03K\x01"
      "eu.";
  put_text("data_batch_1", pickle);
  const auto reader = open();
  EXPECT_EQ(reader->label(0), 3);
  expect_pixels(*reader, 1, 1);
}

// b"" is written as a call by protocol 2: pickle.dumps({"data": b""}, protocol=2).
TEST_F(CifarTest, EmptyBytesAreAText) {
  using namespace std::string_literals;
  const std::string pickle =
      "\x80\x02}q\x00X\x04\x00\x00\x00"
      "dataq\x01"
      "c__builtin__\nbytes\nq\x02)Rq\x03s."s;
  const PickleValues values(as_bytes(pickle));
  const PickleValue* data = values.find(values.root(), "data");
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(values.text_of(*data)->size(), 0u);
}

TEST_F(CifarTest, NothingOfAPickleIsExecuted) {
  using namespace std::string_literals;
  put_text("train",
           "\x80\x02"
           "cposix\nsystem\nU\x04true\x85R."s);
  EXPECT_THAT(failure([&] { open(); }), HasSubstr("names posix.system"));
  put_text("train",
           "\x80\x02"
           "}U\x04"
           "dataccopy_reg\n_reconstructor\n)Rs."s);
  EXPECT_THAT(failure([&] { open(); }), HasSubstr("never executed"));
  put_text("train",
           "\x80\x02"
           "]."s);
  EXPECT_THAT(failure([&] { open(); }), HasSubstr("no dictionary with 'data'"));
  put_text("train",
           "\x80\x02"
           "P."s);
  EXPECT_THAT(failure([&] { open(); }), HasSubstr("0x50"));
}

TEST_F(CifarTest, DamagedPicklesAreErrorsOrAsManyPixels) {
  const Bytes whole = read_file(golden("cifar/protocol4.pickle"));
  for (size_t size = 0; size < whole.size(); size += size < 400 ? 1 : 37) {
    const Bytes prefix = prefix_of(whole, size);
    ASSERT_NE(failure([&] { PickleValues{prefix}; }), "no error") << size;
  }
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    Bytes damaged = whole;
    // Half of them in the instructions around the pixels, which are most of the file.
    const size_t place = random() % (round % 2 == 0 ? damaged.size() : 300);
    damaged[place] ^= static_cast<uint8_t>(1u << (random() % 8));
    put("data_batch_1", damaged);
    failure([&] { testing::read_all(*open_source(cifar_format(), {folder_ / "data_batch_1"})); });
  }
}

}  // namespace
}  // namespace stoker
