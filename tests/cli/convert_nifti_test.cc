// Volumes from and to NIfTI, nnU-Net and TIFF by convert-dataset, pack-volumes and
// precompute-features: there and back, geometry, refusals.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>

#include "formats/nifti/nifti_encode.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/random.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/brick_region.h"
#include "libdata/volume/bricks.h"
#include "tests/cli/command.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Voxels of volumes, bytes of everything else, by split, name and field.
using Contents = std::map<std::string, Bytes>;

Contents contents_of(const fs::path& folder) {
  const PackedDataset dataset(folder);
  Contents contents;
  for (const PackedSplit& split : dataset.splits()) {
    for (const ShardReader& shard : split.shards()) {
      for (uint64_t i = 0; i < shard.sample_count(); ++i) {
        for (size_t f = 0; f < dataset.schema().fields.size(); ++f) {
          const Field& field = dataset.schema().fields[f];
          const std::string place =
              split.name() + "|" + std::string(shard.name(i)) + "|" + field.name;
          if (field.storage == Storage::kInline) {
            const ByteSpan bytes = shard.inline_bytes(i, f);
            contents[place] = Bytes(bytes.begin(), bytes.end());
            continue;
          }
          const BlobView blob = shard.blob(i, f);
          contents[place] = blob.codec == Codec::kBricks
                                ? read_volume(parse_bricks(blob.bytes), blob.bytes)
                                : Bytes(blob.bytes.begin(), blob.bytes.end());
          for (const uint32_t extent : blob.shape)
            contents[place].push_back(static_cast<uint8_t>(extent));
        }
      }
    }
  }
  return contents;
}

class ConvertNifti : public testing::CommandTest {
 protected:
  // A volume of 6 x 7 x 8 voxels (z, y, x): values below `below`.
  void put_volume(const std::string& path, DType dtype, uint64_t seed, uint64_t below) const {
    Field field;
    field.name = "image";
    field.dtype = dtype;
    field.axes = "ZYX";
    RandomStream random(seed, 0, 0);
    Bytes voxels(6 * 7 * 8 * dtype_size(dtype));
    for (size_t i = 0; i < voxels.size(); i += dtype_size(dtype)) {
      const auto value = static_cast<int64_t>(random.next_below(below));
      if (dtype == DType::kFloat32) {
        store_le(&voxels[i], static_cast<float>(value) / 4);
      } else {
        std::memcpy(&voxels[i], &value, dtype_size(dtype));
      }
    }
    FieldValue value;
    value.bytes = voxels;
    value.shape = {6, 7, 8, 0};
    VolumeGeometry geometry;
    geometry.spacing_zyx = {2.5, 0.75, 0.5};
    geometry.affine = {-0.5, 0, 0,   90, 0, 0.75, 0, static_cast<float>(seed),
                       0,    0, 2.5, 5,  0, 0,    0, 1};
    Sample sample;
    fs::create_directories((folder_ / path).parent_path());
    write_file_atomically(folder_ / path, encode_nifti(field, value, geometry, {1}, sample));
  }

  // in/: three cases of images and labels, of values 0 to 2.
  void put_folders(DType image = DType::kInt16) const {
    for (const char* id : {"a", "b", "sub/c"}) {
      put_volume(std::string("in/images/") + id + ".nii.gz", image, 7, 200);
      put_volume(std::string("in/labels/") + id + ".nii.gz", DType::kInt16, 8, 3);
    }
  }

  void pack_scrolls() const {
    expect_success("make-sample-scrolls --quiet --output scrolls --count 5 --size 40");
    expect_success("pack-volumes --quiet --input scrolls --output packed --val-scroll 26002");
  }

  // packed -> FORMAT -> again: equal.
  void expect_round_trip(const std::string& to, const std::string& options = "") const {
    SCOPED_TRACE(to + options);
    expect_success("convert-dataset --quiet --input packed --to " + to + " --output " + to +
                   options);
    expect_success("convert-dataset --quiet --input " + to + " --to stk --output again");
    EXPECT_EQ(PackedDataset(folder_ / "again").schema(),
              PackedDataset(folder_ / "packed").schema());
    EXPECT_TRUE(contents_of(folder_ / "again") == contents_of(folder_ / "packed"));
    expect_success("verify-dataset again");
    fs::remove_all(folder_ / "again");
    fs::remove_all(folder_ / to);
  }
};

TEST_F(ConvertNifti, PackedVolumesComeBackEqualFromEveryFormat) {
  pack_scrolls();
  expect_round_trip("nifti");
  expect_round_trip("nifti", " --compression none");
  expect_round_trip("nnunet");
  expect_round_trip("folder");
  for (const char* compression : {"none", "deflate"})
    expect_round_trip("folder", std::string(" --compression ") + compression);
}

TEST_F(ConvertNifti, FeaturesAndDistancesComeBackEqualFromNifti) {
  pack_scrolls();
  expect_success("precompute-features --quiet --input packed --output features --targets distance");
  fs::remove_all(folder_ / "packed");
  fs::rename(folder_ / "features", folder_ / "packed");
  expect_round_trip("nifti");
  const auto refused = run("convert-dataset --input packed --to nnunet --output x");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("image"));
}

TEST_F(ConvertNifti, NiftiFoldersComeBackEqual) {
  put_folders();
  expect_success("convert-dataset --quiet --input in --to stk --output packed");
  const Contents packed = contents_of(folder_ / "packed");
  EXPECT_EQ(packed.size(), 3u * 4u);  // image, label, spacing, affine
  EXPECT_EQ(load_le<float>(&packed.at("train|sub/c|affine")[7 * 4]), 7.0f);
  expect_round_trip("nifti");
  expect_round_trip("nnunet");
  const auto tiff = run("convert-dataset --input packed --to folder --output x");
  EXPECT_EQ(tiff.exit_code, 2);
  EXPECT_THAT(tiff.err, AllOf(HasSubstr("int16"), HasSubstr("--to nifti")));
}

TEST_F(ConvertNifti, EightBitVolumesKeepTheirGeometryThroughTiff) {
  put_folders(DType::kUInt8);
  expect_success("convert-dataset --quiet --input in --to stk --output packed");
  expect_round_trip("folder");
}

TEST_F(ConvertNifti, PackVolumesTakesNiftiWithAWindow) {
  put_folders();
  const auto without = run("pack-volumes --input in --output packed");
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, AllOf(HasSubstr("int16"), HasSubstr("--window")));
  expect_success(
      "pack-volumes --quiet --input in --output packed --window 0,100 --voxels 8 --targets "
      "distance "
      "--moments");
  expect_success("verify-dataset packed");
  expect_success("convert-dataset --quiet --input in --to stk --output plain");
  const Contents packed = contents_of(folder_ / "packed");
  const Contents plain = contents_of(folder_ / "plain");
  const Bytes& voxels = packed.at("train|a|image");
  const Bytes& stored = plain.at("train|a|image");
  for (size_t i = 0; i < 6 * 7 * 8; ++i) {
    // 0..100 becomes 0..255, and what is above white.
    const int value = std::min<int>(load_le<int16_t>(&stored[2 * i]), 100);
    ASSERT_EQ(voxels[i], (value * 255 * 2 + 100) / 200) << i;
  }
  EXPECT_EQ(packed.at("train|a|label"), plain.at("train|a|label"));
  EXPECT_EQ(packed.at("train|a|affine"), plain.at("train|a|affine"));
  expect_success("precompute-features --quiet --input in --output features --window 0,100");
  expect_success("verify-dataset features");
}

TEST_F(ConvertNifti, NnunetFoldersOfBothVersionsAreRead) {
  for (const char* id : {"x", "y"}) {
    for (const char* channel : {"_0000", "_0001"})
      put_volume(std::string("raw/imagesTr/") + id + channel + ".nii.gz", DType::kFloat32, 3, 90);
    put_volume(std::string("raw/labelsTr/") + id + ".nii.gz", DType::kUInt8, 4, 4);
  }
  put_volume("raw/imagesTs/z_0000.nii.gz", DType::kFloat32, 5, 90);
  put_volume("raw/imagesTs/z_0001.nii.gz", DType::kFloat32, 6, 90);
  const std::array<const char*, 2> tables{
      R"({"channel_names": {"0": "T1", "1": "T2"}, "labels": {"background": 0, "a": 1, "b": 2,
          "ignore": 3}, "numTraining": 2, "file_ending": ".nii.gz"})",
      R"({"modality": {"0": "T1", "1": "T2"}, "labels": {"0": "background", "1": "a", "2": "b",
          "3": "ignore"}, "numTraining": 2})"};
  for (const char* table : tables) {
    write_file_atomically(folder_ / "raw/dataset.json", std::string_view(table));
    fs::remove_all(folder_ / "packed");
    const auto result = run("convert-dataset --input raw --to stk --output packed");
    ASSERT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("--split test"));
    const PackedDataset dataset(folder_ / "packed");
    EXPECT_EQ(dataset.manifest().class_names, (std::vector<std::string>{"background", "a", "b"}));
    const Field& image = dataset.schema().fields[dataset.schema().require("image")];
    EXPECT_EQ(image.axes, "CZYX");
    EXPECT_EQ(image.channel_names, (std::vector<std::string>{"T1", "T2"}));
    const Field& label = dataset.schema().fields[dataset.schema().require("label")];
    EXPECT_EQ(label.ignore_value, 3);
    EXPECT_EQ(contents_of(folder_ / "packed").size(), 2u * 4u);
  }
  expect_round_trip("nnunet");
  expect_success("convert-dataset --quiet --input raw --split test --to stk --output test");
  EXPECT_EQ(contents_of(folder_ / "test").size(), 3u);
}

// labels as they are in raw/dataset.json: one case, x, of values below `below`.
class ConvertNnunet : public ConvertNifti {
 protected:
  void put_raw(const char* labels, uint64_t below, const char* more = "") const {
    put_volume("raw/imagesTr/x_0000.nii.gz", DType::kUInt8, 3, 90);
    put_volume("raw/labelsTr/x.nii.gz", DType::kUInt8, 4, below);
    write_file_atomically(
        folder_ / "raw/dataset.json",
        as_bytes(std::string(R"({"channel_names": {"0": "CT"}, "numTraining": 1, )") + more +
                 R"("file_ending": ".nii.gz", "labels": )" + labels + "}"));
  }
};

TEST_F(ConvertNnunet, RegionsKeepTheirValues) {
  put_raw(R"({"background": 0, "whole": [1, 2, 3], "core": [2, 3], "ignore": 4})", 5);
  const auto result = run("convert-dataset --input raw --to stk --output packed");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("regions"));
  const PackedDataset dataset(folder_ / "packed");
  EXPECT_TRUE(dataset.manifest().class_names.empty());
  EXPECT_EQ(dataset.schema().fields[dataset.schema().require("label")].ignore_value, 4);
  const Bytes label = contents_of(folder_ / "packed").at("train|x|label");
  EXPECT_EQ(*std::max_element(label.begin(), label.begin() + 6 * 7 * 8), 4);
}

TEST_F(ConvertNnunet, BricksTakeOneClassAndTheLabelToIgnore) {
  const std::string pack = "pack-volumes --quiet --input raw --output packed";
  put_raw(R"({"background": 0, "a": 1, "b": 2})", 3);
  auto refused = run(pack);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("3 classes"));
  put_raw(R"({"background": 0, "a": 1})", 3);  // a 2 that the table does not know
  refused = run(pack);
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("found 2"));
  put_raw(R"({"background": 0, "a": 1, "ignore": 2})", 3);
  expect_success(pack);
  expect_success("verify-dataset packed");
}

// imagesTr is the place of train and of val.
TEST_F(ConvertNnunet, CasesOfOneNameInTwoSplitsAreRefused) {
  for (const char* split : {"train", "val"}) {
    const std::string folder = std::string("set_") + split;
    put_volume(folder + "/images/a.nii.gz", DType::kUInt8, 1, 200);
    put_volume(folder + "/labels/a.nii.gz", DType::kUInt8, 2, 3);
    expect_success("convert-dataset --quiet --input " + folder + " --split " + split +
                   " --to stk --output of_" + split);
  }
  const std::string both = "convert-dataset --quiet --input of_train of_val ";
  const auto result = run(both + "--to nnunet --output out");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("_0000.nii"), HasSubstr("two samples")));
  EXPECT_FALSE(fs::exists(folder_ / "out/stoker.json"));
  expect_success(both + "--to nifti --output apart");
}

TEST_F(ConvertNnunet, WhatTheTableDoesNotNameIsNoted) {
  put_raw(R"({"background": 0, "a": 1})", 2);
  put_volume("raw/imagesTr/x_0001.nii.gz", DType::kUInt8, 3, 90);
  const auto noted = run("convert-dataset --input raw --to stk --output packed");
  EXPECT_EQ(noted.exit_code, 0) << noted.err;
  EXPECT_THAT(noted.err, HasSubstr("no channel of dataset.json"));
  put_raw(R"({"background": 0, "a": 1})", 2, R"("dataset": {}, )");
  const auto refused = run("convert-dataset --input raw --to stk --output again");
  EXPECT_NE(refused.exit_code, 0);
  EXPECT_THAT(refused.err, HasSubstr("'dataset'"));
}

TEST_F(ConvertNifti, MissingAndDifferingPartsAreErrorsOfTheirCase) {
  put_folders();
  fs::remove(folder_ / "in/labels/a.nii.gz");
  put_volume("in/labels/lonely.nii.gz", DType::kUInt8, 1, 3);
  const auto stopped = run("convert-dataset --input in --to stk --output packed");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("label"), HasSubstr("--on-error skip")));
  EXPECT_THAT(stopped.err, HasSubstr("lonely"));
  const auto skipped = run("convert-dataset --input in --to stk --output packed --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_EQ(contents_of(folder_ / "packed").size(), 2u * 4u);
}

TEST_F(ConvertNifti, MasksGetThePlaceOfTheirVolumes) {
  put_folders(DType::kUInt8);
  expect_success("pack-volumes --quiet --input in --output packed");
  // As predict leaves them: TIFFs, called as their volumes.
  expect_success("convert-dataset --quiet --input in/images --to stk --output plain");
  expect_success(
      "convert-dataset --quiet --input plain --drop spacing --drop affine --to folder --output "
      "tiffs");
  fs::create_directories(folder_ / "masks");
  for (const auto& entry : fs::directory_iterator(folder_ / "tiffs/train_images")) {
    std::string name = entry.path().filename().string();
    if (const size_t slash = name.find("%2F"); slash != std::string::npos)
      name.replace(slash, 3, "_");
    fs::copy_file(entry.path(), folder_ / "masks" / name);
  }
  expect_success(
      "convert-dataset --quiet --input masks --from folder --to nifti --output placed "
      "--geometry-from packed");
  expect_success("convert-dataset --quiet --input placed --to stk --output again");
  const Contents again = contents_of(folder_ / "again");
  const Contents packed = contents_of(folder_ / "packed");
  EXPECT_EQ(again.at("train|a|affine"), packed.at("train|a|affine"));
  EXPECT_EQ(again.at("train|sub_c|spacing"), packed.at("train|sub/c|spacing"));
  EXPECT_EQ(again.at("train|a|image"), packed.at("train|a|image"));
}

TEST_F(ConvertNifti, PlacesOfTwoVolumesOfOneNameAreRefused) {
  put_volume("places/train/a.nii.gz", DType::kUInt8, 1, 9);
  put_volume("places/val/a.nii.gz", DType::kUInt8, 2, 9);
  put_volume("masks/a.nii.gz", DType::kUInt8, 3, 2);
  const auto refused =
      run("convert-dataset --input masks --to nifti --output placed --geometry-from places");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("several volumes 'a'"));
}

TEST_F(ConvertNifti, NibabelReadsWhatIsWritten) {
  const std::string python = python_with("nibabel");
  if (python.empty()) GTEST_SKIP() << "no Python with nibabel here";
  put_folders();
  expect_success("convert-dataset --quiet --input in --to stk --output packed");
  expect_success("convert-dataset --quiet --input packed --to nifti --output out");
  write_file_atomically(folder_ / "compare.py", std::string_view(R"(
import nibabel, numpy
for kind in ("images", "labels"):
    for name in ("a", "b", "sub/c"):
        one = nibabel.load(f"in/{kind}/{name}.nii.gz")
        two = nibabel.load(f"out/train/{kind}/{name}.nii.gz")
        assert numpy.array_equal(numpy.asanyarray(one.dataobj), numpy.asanyarray(two.dataobj))
        place = nibabel.load(f"in/images/{name}.nii.gz").affine  # labels lie where images do
        assert numpy.array_equal(place, two.affine), (place, two.affine)
        assert one.header.get_zooms() == two.header.get_zooms()
)"));
  expect_success(python + " compare.py");
}

TEST_F(ConvertNifti, SameFilesOnAnyThreadsAndInParts) {
  pack_scrolls();
  const std::string command = "convert-dataset --quiet --input packed --shard-size 100kB --to ";
  for (const char* to : {"nifti", "nnunet", "folder"}) {
    const std::string name(to);
    expect_success(command + to + " --threads 1 --output one" + name);
    expect_success(command + to + " --threads 3 --output three" + name);
    for (const char* part : {"2", "1"})
      expect_success(command + to + " --output parts" + name + " --part " + part + "/2");
    for (const char* other : {"three", "parts"})
      expect_success("diff -r -x .stoker -x .stoker.lock one" + name + " " + other + name);
  }
}

}  // namespace
}  // namespace stoker
