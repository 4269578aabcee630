// convert-dataset to HDF5 and back: equal samples, equal files, and what h5py sees.
#include <gmock/gmock.h>

#include "libdata/core/files.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/small_dataset.h"
#include "tests/cli/stored_samples.h"
#include "tests/cli/volume_command.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::stored_set;

class ConvertHdf5 : public testing::CommandTest {
 protected:
  void convert(const std::string& options) const {
    const auto result = run("convert-dataset --quiet " + options);
    ASSERT_EQ(result.exit_code, 0) << options << "\n" << result.err;
  }

  // stk -> hdf5 -> stk.
  void expect_round_trip(const std::string& packed, const std::string& options = "") const {
    convert("--input " + packed + " --to hdf5 --output h5 " + options);
    convert("--input h5 --to stk --output again");
    const PackedDataset before(folder_ / packed);
    const PackedDataset after(folder_ / "again");
    EXPECT_TRUE(after.schema() == before.schema());
    EXPECT_EQ(after.manifest().class_names, before.manifest().class_names);
    const auto contents = stored_set(folder_ / packed).samples;
    EXPECT_FALSE(contents.empty());
    EXPECT_TRUE(stored_set(folder_ / "again").samples == contents);
    EXPECT_EQ(run("verify-dataset again").exit_code, 0);
  }
};

TEST_F(ConvertHdf5, ImageFilesThereAndBack) {
  testing::write_small_dataset(folder_ / "packed", false, {"zebra", "ant"});
  expect_round_trip("packed");
}

TEST_F(ConvertHdf5, SplitsAndClassesThereAndBack) {
  for (const auto& [split, count] : {std::pair("train", 5), std::pair("val", 2)}) {
    for (const char* name : {"cat", "dog", "emu"}) {
      const fs::path folder = folder_ / "set" / split / name;
      fs::create_directories(folder);
      for (int i = 0; i < count; ++i) {
        const auto gray = static_cast<uint8_t>(20 * i + name[0] % 16);
        write_file_atomically(folder / (std::to_string(i) + ".png"),
                              encode_png({4, 5, 3, Bytes(4 * 5 * 3, gray)}));
      }
    }
  }
  convert("--input set/train --to stk --output of_train");
  convert("--input set/val --to stk --output of_val");
  convert("--input of_train of_val --to stk --output packed");
  EXPECT_EQ(stored_set(folder_ / "packed").samples.size(), 21u);
  expect_round_trip("packed");
  EXPECT_TRUE(fs::exists(folder_ / "h5/train.h5") && fs::exists(folder_ / "h5/val.h5"));
}

TEST_F(ConvertHdf5, PixelsThereAndBack) {
  testing::write_small_dataset(folder_ / "files");
  convert("--input files --to stk --encode raw --output packed");
  for (const char* compression : {"none", "gzip:1", "gzip:9"}) {
    for (const char* folder : {"h5", "again"})
      fs::remove_all(folder_ / folder);
    expect_round_trip("packed", std::string("--compression ") + compression);
  }
}

TEST_F(ConvertHdf5, SameFileOnAnyThreadsAndAfterKills) {
  const auto made = run("make-sample-imagenet --quiet --output archives");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const std::string command =
      "convert-dataset --quiet --input archives/ILSVRC2012_img_train.tar --to hdf5";
  for (const char* threads : {"1", "2", "5"}) {
    const auto result = run(command + " --threads " + threads + " --output t" + threads);
    ASSERT_EQ(result.exit_code, 0) << result.err;
  }
  for (const char* delay : {"0.02", "0.05", "0.1", "0.2"}) {
    run(std::string("timeout --signal=KILL ") + delay + " " + command +
        " --output killed --resume; true");
  }
  ASSERT_EQ(run(command + " --output killed --resume").exit_code, 0);
  const std::string one = text_of(folder_ / "t1/train.h5");
  EXPECT_GT(one.size(), 10000u);
  for (const char* other : {"t2", "t5", "killed"}) {
    EXPECT_TRUE(text_of(folder_ / other / "train.h5") == one) << other;
    EXPECT_FALSE(fs::exists(folder_ / other / "train.h5.tmp"));
  }
}

TEST_F(ConvertHdf5, WhatDoesNotFitIsRefused) {
  testing::write_small_dataset(folder_ / "packed");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--compression zstd", "gzip:1 to gzip:9"},
      {"--compression gzip:0", "gzip:1 to gzip:9"},
  };
  for (const auto& [options, says] : cases) {
    const auto result = run("convert-dataset --input packed --to hdf5 --output out " + options);
    EXPECT_EQ(result.exit_code, 2) << options << "\n" << result.err;
    EXPECT_THAT(result.err, HasSubstr(says)) << options;
    EXPECT_FALSE(fs::exists(folder_ / "out/train.h5")) << options;
  }
}

TEST_F(ConvertHdf5, PixelsOfUnequalShapeNameTheWayOut) {
  const Bytes wide = encode_png({4, 8, 3, Bytes(4 * 8 * 3, 1)});
  const Bytes high = encode_png({8, 4, 3, Bytes(8 * 4 * 3, 2)});
  fs::create_directories(folder_ / "set/a");
  write_file_atomically(folder_ / "set/a/0.png", wide);
  write_file_atomically(folder_ / "set/a/1.png", high);
  const auto result = run("convert-dataset --input set --to hdf5 --encode raw --output out");
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("8x4x3"), HasSubstr("4x8x3"), HasSubstr("--encode")));
  EXPECT_FALSE(fs::exists(folder_ / "out/train.h5"));
  convert("--input set --to hdf5 --output files");  // as the files they are
  convert("--input files --to stk --output packed");
  EXPECT_EQ(stored_set(folder_ / "packed").samples.size(), 2u);
}

TEST_F(ConvertHdf5, AChoiceIsListedAndFieldMakesIt) {
  const std::string golden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/hdf5/";
  const auto asked =
      run("convert-dataset --input " + golden + "ambiguous.h5 --to stk --output out");
  EXPECT_EQ(asked.exit_code, 2);
  EXPECT_THAT(asked.err, AllOf(HasSubstr("a uint8 (6, 5, 3)"), HasSubstr("--field image=a")));
  convert("--input " + golden + "ambiguous.h5 --field image=b --to stk --output out");
  EXPECT_EQ(stored_set(folder_ / "out").samples.size(), 7u);
}

TEST_F(ConvertHdf5, ADamagedChunkIsLeftOutAndRecorded) {
  Bytes bytes = read_file(fs::path(STOKER_SOURCE_DIR) / "tests/golden/hdf5/rows.h5");
  // The first zlib stream of the images: h5py wrote them before anything else.
  const std::string_view text = as_text(bytes);
  const size_t at = text.find("\x78\x5e");
  ASSERT_NE(at, std::string_view::npos);
  bytes[at + 6] ^= 0xff;
  write_file_atomically(folder_ / "rows.h5", bytes);
  const auto stopped = run("convert-dataset --input rows.h5 --to stk --output out");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("rows.h5"), HasSubstr("images: chunk")));
  const auto skipped =
      run("convert-dataset --input rows.h5 --to stk --output some --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.out, HasSubstr("2 samples skipped"));
}

// What a reader of the file sees who has never heard of stoker.
constexpr const char* kSeen = R"(
import sys, h5py, numpy as np
with h5py.File(sys.argv[1]) as f:
    image, label, name = f['image'], f['label'], f['name']
    print(sorted(f), image.dtype, label.dtype, len(image), len(label), len(name))
    print(list(label.attrs['class_names']), label[:].tolist())
    print(name.asstr()[0])
    if image.dtype == object:
        print(bytes(image[0][:4]), len(image[0]))
    else:
        print(image.shape, image.compression, image.compression_opts, image[:].reshape(len(image), -1)[:, 0].tolist())
)";

class SeenByH5py : public ConvertHdf5 {
 protected:
  void SetUp() override {
    if (python_.empty()) GTEST_SKIP() << "no h5py here";
    write_file_atomically(folder_ / "seen.py", std::string_view(kSeen));
  }

  const std::string python_ = python_with("h5py");
};

TEST_F(SeenByH5py, PixelsAndImageFiles) {
  testing::write_small_dataset(folder_ / "packed");
  convert("--input packed --to hdf5 --output files");
  convert("--input packed --to hdf5 --encode raw --output pixels");
  const auto files = run(python_ + " seen.py files/train.h5");
  EXPECT_EQ(files.exit_code, 0) << files.err;
  EXPECT_THAT(files.out, AllOf(HasSubstr("['image', 'label', 'name'] object int32 8 8 8"),
                               HasSubstr("['<red>', 'blue & green'] [0, 1, 0, 1, 0, 1, 0, 1]"),
                               HasSubstr("\nbird/0_0\n"), HasSubstr("b'\\x89PNG'")));
  const auto pixels = run(python_ + " seen.py pixels/train.h5");
  EXPECT_EQ(pixels.exit_code, 0) << pixels.err;
  EXPECT_THAT(pixels.out, HasSubstr("(8, 6, 4, 3) gzip 4 [0, 10, 20, 30, 40, 50, 60, 70]"));
}

class ConvertVolumesHdf5 : public testing::VolumeCommandTest {
 protected:
  void expect_round_trip(const std::string& packed) const {
    const auto there = run("convert-dataset --quiet --input " + packed + " --to hdf5 --output h5");
    ASSERT_EQ(there.exit_code, 0) << there.err;
    const auto back = run("convert-dataset --quiet --input h5 --to stk --output again");
    ASSERT_EQ(back.exit_code, 0) << back.err;
    const auto contents = stored_set(folder_ / packed).samples;
    EXPECT_EQ(contents.size(), 5u);
    EXPECT_TRUE(stored_set(folder_ / "again").samples == contents);
    EXPECT_TRUE(PackedDataset(folder_ / "again").schema() ==
                PackedDataset(folder_ / packed).schema());
    EXPECT_EQ(run("verify-dataset again").exit_code, 0);
  }
};

TEST_F(ConvertVolumesHdf5, VolumesThereAndBack) {
  ASSERT_EQ(run("pack-volumes --quiet --input scrolls --output packed --targets distance --moments")
                .exit_code,
            0);
  expect_round_trip("packed");
}

TEST_F(ConvertVolumesHdf5, FeaturesThereAndBack) {
  ASSERT_EQ(run("precompute-features --quiet --input scrolls --output packed").exit_code, 0);
  expect_round_trip("packed");
}

TEST_F(ConvertVolumesHdf5, FullDiskLeavesNothing) {
  ASSERT_EQ(run("pack-volumes --quiet --input scrolls --output packed").exit_code, 0);
  expect_clean_end_on_a_full_disk(
      "convert-dataset --quiet --input packed --to hdf5 --compression none", "200k");
}

}  // namespace
}  // namespace stoker
