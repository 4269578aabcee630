// convert-dataset to and from NumPy's files, and in from CIFAR's and MNIST's, as users call it.
#include <gmock/gmock.h>

#include <fstream>

#include "libdata/core/files.h"
#include "libdata/image/image_codec.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"
#include "tests/cli/stored_samples.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::stored_set;

class ConvertNpy : public testing::CommandTest {
 protected:
  void put_image(const std::string& path, int64_t height, uint8_t gray) const {
    const fs::path file = folder_ / path;
    fs::create_directories(file.parent_path());
    Image image{height, 5, 3, Bytes(static_cast<size_t>(height) * 15, gray)};
    image.pixels[4] = static_cast<uint8_t>(gray + 1);
    write_file_atomically(file, encode_png(image));
  }
  // "packed": raw pixels of equal shape, classes not in the order of names by number alone.
  void pack_images() const {
    for (int i = 0; i < 12; ++i) {
      put_image(
          "set/" + std::string(i % 3 == 0 ? "zebra" : "ant") + "/" + std::to_string(i) + ".png", 6,
          static_cast<uint8_t>(20 * i));
    }
    expect_success("convert-dataset --quiet --input set --to stk --encode raw --output packed");
  }
  std::string python(const std::string& code) const {
    std::ofstream(folder_ / "code.py") << code;
    return run("/usr/bin/python3 code.py").out;
  }
  bool has_numpy() const { return python("import numpy; print('yes')") == "yes\n"; }
};

TEST_F(ConvertNpy, ClassificationGoesThereAndBack) {
  pack_images();
  for (const std::string format : {"npy", "npz"}) {
    expect_success("convert-dataset --quiet --input packed --to " + format + " --output " + format);
    expect_success("convert-dataset --quiet --input " + format + " --to stk --output " + format +
                   "-again");
    EXPECT_TRUE(stored_set(folder_ / "packed").samples ==
                stored_set(folder_ / (format + "-again")).samples);
    const PackedDataset before(folder_ / "packed");
    const PackedDataset after(folder_ / (format + "-again"));
    EXPECT_TRUE(before.schema() == after.schema());
    EXPECT_EQ(before.manifest().class_names, after.manifest().class_names);
    expect_success("verify-dataset " + format + "-again");
  }
}

TEST_F(ConvertNpy, NumPyReadsWhatIsWritten) {
  if (!has_numpy()) GTEST_SKIP() << "python3 has no NumPy";
  pack_images();
  expect_success("convert-dataset --quiet --input packed --to npy --output npy");
  expect_success("convert-dataset --quiet --input packed --to npz --output npz");
  EXPECT_EQ(python(R"(
import json, zipfile
import numpy as np
names = open('npy/train_names.txt').read().split('\n')[:-1]
image = np.load('npy/train_image.npy', mmap_mode='r', allow_pickle=False)
label = np.load('npy/train_label.npy')
classes = json.load(open('npy/classes.json'))
print(image.shape, image.dtype, label.shape, label.dtype, classes)
for name, pixels, index in zip(names, image, label):
    number = int(name.split('/')[1].split('.')[0])
    expected = np.full((6, 5, 3), 20 * number, np.uint8)
    expected[0, 1, 1] += 1
    assert (pixels == expected).all(), name
    assert classes[index] == name.split('/')[0]
archive = np.load('npz/train.npz')
assert (archive['image'] == image).all() and (archive['label'] == label).all()
assert zipfile.ZipFile('npz/train.npz').testzip() is None
print(sorted(archive.files))
)"),
            "(12, 6, 5, 3) uint8 (12,) int64 ['ant', 'zebra']\n['image', 'label']\n");
}

TEST_F(ConvertNpy, WhatNumPyWritesIsReadAndWrittenAgain) {
  if (!has_numpy()) GTEST_SKIP() << "python3 has no NumPy";
  EXPECT_EQ(python(R"(
import numpy as np
rng = np.random.default_rng(1)
arrays = {'features': rng.standard_normal((4, 6, 20, 33, 40)).astype('f2'),
          'feature_mean': rng.standard_normal((4, 6)).astype('f4'),
          'scroll': np.arange(4) * 10}
np.savez_compressed('train.npz', **arrays)
big = rng.integers(0, 65535, (3, 9, 17, 33)).astype('>u2')
np.save('big_x.npy', np.asfortranarray(big))
print('written')
)"),
            "written\n");
  expect_success("convert-dataset --quiet --input train.npz --to stk --output packed");
  expect_success("convert-dataset --quiet --input packed --to npy --output npy");
  expect_success("convert-dataset --quiet --input npy --to stk --output again");
  EXPECT_TRUE(stored_set(folder_ / "packed").samples == stored_set(folder_ / "again").samples);
  expect_success("verify-dataset packed");
  expect_success(
      "convert-dataset --quiet --input big_x.npy --field image=big_x --to stk --output volumes");
  expect_success("convert-dataset --quiet --input volumes --to npz --output npz");
  EXPECT_EQ(python(R"(
import numpy as np
source = np.load('train.npz')
for name in source.files:
    ours = np.load(f'npy/train_{name}.npy')
    assert ours.dtype == source[name].dtype, name
    order = [int(line) for line in open('npy/train_names.txt')]
    assert (ours == source[name][order]).all(), name
order = [int(line) for line in open('npz/train_names.txt')]
assert (np.load('npz/train.npz')['image'] == np.load('big_x.npy')[order]).all()
print('equal')
)"),
            "equal\n");
}

TEST_F(ConvertNpy, SameBytesOnAnyThreadsAndAfterKills) {
  pack_images();
  for (const std::string format : {"npy", "npz"}) {
    const std::string command = "convert-dataset --quiet --input packed --to " + format;
    expect_success(command + " --threads 1 --output " + format + "1");
    expect_success(command + " --threads 4 --output " + format + "4");
    for (const char* delay : {"0.01", "0.03", "0.06"}) {
      run(std::string("timeout --signal=KILL ") + delay + " " + command + " --output " + format +
          "k --resume; true");
    }
    expect_success(command + " --resume --output " + format + "k");
    const std::string exclude = " --exclude .stoker ";
    EXPECT_EQ(run("diff -r" + exclude + format + "1 " + format + "4").exit_code, 0);
    const auto killed = run("diff -r" + exclude + format + "1 " + format + "k");
    EXPECT_EQ(killed.exit_code, 0) << killed.out;
  }
}

TEST_F(ConvertNpy, ShapesThatDifferAreRefusedNamingTheSample) {
  put_image("set/a/0.png", 6, 1);
  put_image("set/a/1.png", 7, 2);
  for (const std::string format : {"npy", "npz"}) {
    const auto result = run("convert-dataset --input set --to " + format + " --output out");
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.err, AllOf(HasSubstr("a/1.png: 'image' is 7x5x3"),
                                  HasSubstr("of a/0.png is 6x5x3"), HasSubstr("--to folder")));
    EXPECT_FALSE(fs::exists(folder_ / "out/stoker.json"));
    EXPECT_FALSE(fs::exists(folder_ / "out/train_image.npy"));
  }
}

TEST_F(ConvertNpy, SamplesLeftOutLeaveNoRows) {
  pack_images();
  {
    const PackedDataset dataset(folder_ / "packed");
    const ShardReader& shard = dataset.splits()[0].shards().front();
    const BlobView blob = shard.blob(3, dataset.schema().require("image"));
    std::fstream file(shard.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(blob.offset_bytes));
    file.write("damage", 6);
  }
  for (const std::string format : {"npy", "npz"}) {
    const auto result = run("convert-dataset --input packed --to " + format +
                            " --on-error skip --output " + format);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("1 sample skipped"));
    expect_success("convert-dataset --quiet --input " + format + " --to stk --output " + format +
                   "-again");
    EXPECT_EQ(PackedDataset(folder_ / (format + "-again")).splits()[0].sample_count(), 11u);
  }
  if (!has_numpy()) return;
  EXPECT_EQ(python("import numpy as np; print(np.load('npz/train.npz')['image'].shape[0], "
                   "np.load('npy/train_label.npy').shape[0])"),
            "11 11\n");
}

TEST_F(ConvertNpy, RefusalsBeforeAnyWork) {
  pack_images();
  const auto packed = run("convert-dataset --input packed --to npy --compression gzip --output o");
  EXPECT_EQ(packed.exit_code, 2);
  EXPECT_THAT(packed.err, HasSubstr("--compression"));
  const auto mnist = run("convert-dataset --input packed --to mnist --output o");
  EXPECT_EQ(mnist.exit_code, 2);
}

TEST_F(ConvertNpy, MedMnistCifarAndMnistAreRecognised) {
  const std::string golden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/";
  expect_success("convert-dataset --quiet --input " + golden +
                 "npy/pathmnist.npz --to stk --output med");
  const PackedDataset med(folder_ / "med");
  ASSERT_EQ(med.splits().size(), 3u);
  EXPECT_EQ(med.splits()[1].name(), "val");
  EXPECT_EQ(med.splits()[0].sample_count(), 5u);
  fs::create_directories(folder_ / "cifar-10-batches-py");
  fs::copy_file(golden + "cifar/protocol2.pickle", folder_ / "cifar-10-batches-py/data_batch_1");
  fs::copy_file(golden + "cifar/meta.pickle", folder_ / "cifar-10-batches-py/batches.meta");
  expect_success("convert-dataset --quiet --input cifar-10-batches-py --to stk --output cifar");
  EXPECT_EQ(PackedDataset(folder_ / "cifar").manifest().class_names[3], "cat");
  const std::string images(
      "\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02"
      "abcd",
      20);
  const std::string labels("\0\0\x08\x01\0\0\0\x02\x01\x00", 10);
  fs::create_directories(folder_ / "raw");
  std::ofstream(folder_ / "raw/t10k-images-idx3-ubyte", std::ios::binary) << images;
  std::ofstream(folder_ / "raw/t10k-labels-idx1-ubyte", std::ios::binary) << labels;
  expect_success("convert-dataset --quiet --input raw --to stk --output mnist");
  EXPECT_EQ(PackedDataset(folder_ / "mnist").splits()[0].name(), "test");
  for (const char* name : {"med", "cifar", "mnist"})
    expect_success(std::string("verify-dataset ") + name);
}

}  // namespace
}  // namespace stoker
