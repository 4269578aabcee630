// Zarr by convert-dataset, pack-volumes and precompute-features: there and back, masks that get
// their place, refusals; and what zarr-python reads of it, where that is installed.
#include <gmock/gmock.h>

#include "libdata/core/files.h"
#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"
#include "tests/cli/stored_samples.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::stored_set;

const std::string kGolden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/";

class ConvertZarr : public testing::CommandTest {
 protected:
  void pack_scrolls() const {
    expect_success("make-sample-scrolls --quiet --output scrolls --count 5 --size 40");
    expect_success("pack-volumes --quiet --input scrolls --output packed --val-scroll 26002");
  }

  // NAME -> zarr -> again: equal.
  void expect_round_trip(const std::string& name, const std::string& options = "") const {
    SCOPED_TRACE(name + options);
    expect_success("convert-dataset --quiet --input " + name + " --to zarr --output zarr" +
                   options);
    expect_success("convert-dataset --quiet --input zarr --to stk --output again --order input");
    EXPECT_EQ(PackedDataset(folder_ / "again").schema(), PackedDataset(folder_ / name).schema());
    EXPECT_TRUE(stored_set(folder_ / "again") == stored_set(folder_ / name));
    expect_success("verify-dataset again");
    fs::remove_all(folder_ / "again");
    fs::remove_all(folder_ / "zarr");
  }
};

TEST_F(ConvertZarr, PackedVolumesComeBackEqual) {
  pack_scrolls();
  for (const char* options :
       {"", " --compression none", " --compression zstd:1", " --compression gzip"})
    expect_round_trip("packed", options);
}

TEST_F(ConvertZarr, FeaturesAndDistancesComeBackEqual) {
  pack_scrolls();
  expect_success("precompute-features --quiet --input packed --output features --targets distance");
  expect_round_trip("features");
}

TEST_F(ConvertZarr, ArraysWithClassesComeBackEqual) {
  const std::string in = kGolden + "zarr/stack_v3.zarr";
  expect_success("convert-dataset --quiet --input " + in +
                 " --to stk --output packed --encode raw");
  EXPECT_EQ(PackedDataset(folder_ / "packed").manifest().class_names,
            (std::vector<std::string>{"0", "1", "2"}));
  expect_success("convert-dataset --quiet --input packed --to zarr --output zarr");
  expect_success("convert-dataset --quiet --input zarr --to stk --output again --encode raw");
  EXPECT_TRUE(stored_set(folder_ / "again") == stored_set(folder_ / "packed"));
}

TEST_F(ConvertZarr, SameBytesAtAnyThreadCount) {
  pack_scrolls();
  expect_success("convert-dataset --quiet --threads 1 --input packed --to zarr --output one");
  expect_success("convert-dataset --quiet --threads 4 --input packed --to zarr --output four");
  EXPECT_EQ(files_below("one"), files_below("four"));
}

TEST_F(ConvertZarr, PackVolumesAndFeaturesTakeZarr) {
  const std::string in = kGolden + "zarr/ome_v2.zarr";
  expect_success("pack-volumes --quiet --input " + in + " --output packed --targets distance");
  expect_success("verify-dataset packed");
  EXPECT_EQ(PackedDataset(folder_ / "packed").schema().fields[0].dtype, DType::kUInt16);
  expect_success("precompute-features --quiet --input " + in + " --output features");
  expect_success("verify-dataset features");
}

TEST_F(ConvertZarr, PackVolumesTakesHdf5) {
  pack_scrolls();
  expect_success(
      "convert-dataset --quiet --input packed --to hdf5 --output hdf5 --drop scroll "
      "--drop nonzero_box");
  expect_success("pack-volumes --quiet --input hdf5 --output again");
  expect_success("verify-dataset again");
  EXPECT_EQ(PackedDataset(folder_ / "again").manifest().skipped.size(), 0u);
}

TEST_F(ConvertZarr, MasksGetThePlaceOfTheirVolumes) {
  const std::string in = kGolden + "zarr/ome_v2.zarr";
  expect_success("convert-dataset --quiet --input " + in +
                 " --to stk --output masks --drop image --drop spacing --drop affine");
  expect_success("convert-dataset --quiet --input masks --to zarr --output out --geometry-from " +
                 in);
  const std::string text = text_of(folder_ / "out/train/ome_v2.zarr/zarr.json");
  EXPECT_THAT(text, AllOf(HasSubstr("0.008"), HasSubstr("millimeter")));
}

TEST_F(ConvertZarr, WhatHasNoPlaceIsRefusedBeforeAnyWork) {
  pack_scrolls();
  const auto codec = run("convert-dataset --input packed --to zarr --output x --compression lzma");
  EXPECT_EQ(codec.exit_code, 2);
  EXPECT_THAT(codec.err, HasSubstr("blosc"));
  const auto field = run("convert-dataset --input " + kGolden +
                         "zarr/ome_v2.zarr --to stk --output x --field label=ink");
  EXPECT_EQ(field.exit_code, 2);
  EXPECT_FALSE(fs::exists(folder_ / "x"));
}

// Every array of the stores that this program wrote, as zarr-python has it, and as .npy has it.
TEST_F(ConvertZarr, ZarrPythonReadsEqualArrays) {
  const std::string python = python_with("zarr.codecs");
  if (python.empty()) GTEST_SKIP() << "no zarr-python 3 for STOKER_PYTHON";
  pack_scrolls();
  expect_success("convert-dataset --quiet --input packed --to zarr --output zarr");
  expect_success("convert-dataset --quiet --input packed --to npy --output npy");
  write_file_atomically(folder_ / "check.py", std::string_view(R"(
import numpy, zarr
names = open("npy/train_names.txt").read().split()
for field, place in (("image", "0"), ("label", "labels/label/0")):
    arrays = numpy.load(f"npy/train_{field}.npy")
    for name, array in zip(names, arrays, strict=True):
        group = zarr.open_group(f"zarr/train/{name}.zarr", mode="r")
        assert numpy.array_equal(group[place][:], array), (name, field)
        assert group[place].dtype == array.dtype
        assert group.attrs["ome"]["version"] == "0.5"
)"));
  expect_success(python + " check.py");
}

}  // namespace
}  // namespace stoker
