#include "formats/imagenet_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/prefix.h"
#include "tests/sample_archives.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/devkit";

// Lines "NAME\tWNID\tINDEX" against the labels, both ways.
void expect_equal(const ImagenetValLabels& labels, const fs::path& expected_tsv) {
  std::istringstream lines(read_text_file(expected_tsv));
  size_t count = 0;
  std::string name;
  std::string wnid;
  for (int32_t index; lines >> name >> wnid >> index; ++count) {
    name = name.substr(0, name.find('.'));
    ASSERT_TRUE(labels.label_of.contains(name)) << name;
    EXPECT_EQ(labels.label_of.at(name), index) << name;
    EXPECT_EQ(labels.class_names.at(static_cast<size_t>(index)), wnid) << name;
  }
  EXPECT_GT(count, 0u);
  EXPECT_EQ(labels.label_of.size(), count);
}

Error error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::kInternal, "no error");
}

class LabelsTest : public FolderTest {
 protected:
  fs::path put(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }
};

TEST_F(LabelsTest, DevkitAsArchiveAndAtEachLevelOfItsFolder) {
  for (const char* path : {"devkit.tar.gz", ".", "ILSVRC2012_devkit_t12",
                           "ILSVRC2012_devkit_t12/data", "ILSVRC2012_devkit_t12/data/meta.mat"}) {
    SCOPED_TRACE(path);
    expect_equal(read_imagenet_val_labels(kGolden / path), kGolden / "expected.tsv");
  }
}

TEST_F(LabelsTest, InnerNodesAreNoClasses) {
  EXPECT_THAT(read_imagenet_val_labels(kGolden).class_names,
              ElementsAre("n01440764", "n02100735", "n02110185", "n02119789", "n15075141"));
}

TEST_F(LabelsTest, DevkitsOfSampleArchivesGiveTheExpectedLabels) {
  const auto drawn = testing::draw_archives(folder_ / "drawn");
  expect_equal(read_imagenet_val_labels(drawn.devkit), drawn.val_labels);
  if (!fs::exists(testing::real_archives())) return;
  const testing::SampleArchives real(testing::real_archives());
  expect_equal(read_imagenet_val_labels(real.devkit), real.val_labels);
}

TEST_F(LabelsTest, PlainAndCompressedMetaMatAgreeWhateverTheNumberType) {
  const auto compressed =
      parse_meta_mat(read_file(kGolden / "ILSVRC2012_devkit_t12/data/meta.mat"));
  const auto plain = parse_meta_mat(read_file(kGolden / "meta_plain_uint16.mat"));
  ASSERT_EQ(compressed.size(), 7u);
  ASSERT_EQ(plain.size(), 7u);
  for (size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(plain[i].id, static_cast<int64_t>(i + 1));
    EXPECT_EQ(plain[i].id, compressed[i].id);
    EXPECT_EQ(plain[i].wnid, compressed[i].wnid);
    EXPECT_EQ(plain[i].num_children, compressed[i].num_children);
  }
}

TEST_F(LabelsTest, EveryPrefixOfMetaMatIsRefused) {
  for (const char* name : {"meta_plain_uint16.mat", "ILSVRC2012_devkit_t12/data/meta.mat"}) {
    const Bytes whole = read_file(kGolden / name);
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_THROW(parse_meta_mat(prefix_of(whole, size)), Error) << name << " at " << size;
    }
  }
}

TEST_F(LabelsTest, FlippedBytesOfMetaMatAreErrorsOrOtherValues) {
  for (const char* name : {"meta_plain_uint16.mat", "ILSVRC2012_devkit_t12/data/meta.mat"}) {
    const Bytes whole = read_file(kGolden / name);
    for (size_t i = 0; i < whole.size(); ++i) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        Bytes damaged = whole;
        damaged[i] = static_cast<uint8_t>(damaged[i] ^ flip);
        try {
          parse_meta_mat(damaged);
        } catch (const Error& error) {
          EXPECT_NE(error.code(), ErrorCode::kInternal);
        }
      }
    }
  }
}

TEST_F(LabelsTest, ValprepNamesClassesInMkdirAndMv) {
  const ImagenetValLabels labels = parse_valprep(
      "#!/bin/bash\nwget something\nmkdir -p n01440764\nmkdir n01443537 n01484850\n"
      "mv ILSVRC2012_val_00000293.JPEG n01484850/\nmv ILSVRC2012_val_00000007.JPEG "
      "./n01440764\r\n");
  EXPECT_THAT(labels.class_names, ElementsAre("n01440764", "n01443537", "n01484850"));
  EXPECT_EQ(labels.label_of.at("ILSVRC2012_val_00000293"), 2);
  EXPECT_EQ(labels.label_of.at("ILSVRC2012_val_00000007"), 0);
}

TEST_F(LabelsTest, KaggleSolutionTakesTheFirstWordOfThePrediction) {
  const ImagenetValLabels labels = parse_kaggle_solution(
      "ImageId,PredictionString\r\n"
      "ILSVRC2012_val_00048981,n03995372 85 1 499 272 \r\n"
      "ILSVRC2012_val_00037956,n03481172 131 0 499 254 n03481172 1 2 3 4\r\n",
      "");
  EXPECT_THAT(labels.class_names, ElementsAre("n03481172", "n03995372"));
  EXPECT_EQ(labels.label_of.at("ILSVRC2012_val_00048981"), 1);
}

TEST_F(LabelsTest, KaggleMappingBesideTheSolutionGivesTheClasses) {
  put("LOC_synset_mapping.txt", "n01440764 tench, Tinca tinca\nn03481172 hammer\n");
  const fs::path csv = put("LOC_val_solution.csv",
                           "ImageId,PredictionString\nILSVRC2012_val_00000001,n03481172 1 2 3 4\n");
  for (const fs::path& path : {csv, folder_}) {
    const ImagenetValLabels labels = read_imagenet_val_labels(path);
    EXPECT_THAT(labels.class_names, ElementsAre("n01440764", "n03481172"));
    EXPECT_EQ(labels.label_of.at("ILSVRC2012_val_00000001"), 1);
  }
}

TEST_F(LabelsTest, ScriptIsKnownByItsContent) {
  const fs::path path = put("prep", "mv ILSVRC2012_val_00000002.JPEG n01440764/\n");
  EXPECT_EQ(read_imagenet_val_labels(path).label_of.size(), 1u);
}

TEST_F(LabelsTest, OtherFilesAndFoldersAreRefusedWithWhatIsTaken) {
  for (const fs::path& path : {put("notes.txt", "hello"), put("empty", ""), folder_}) {
    const Error error = error_of([&] { read_imagenet_val_labels(path); });
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.what(), HasSubstr(path.string()));
    EXPECT_THAT(error.what(), HasSubstr("ILSVRC2012_devkit_t12.tar.gz"));
  }
  EXPECT_EQ(error_of([&] { read_imagenet_val_labels(folder_ / "none"); }).code(),
            ErrorCode::kNotFound);
}

TEST_F(LabelsTest, DamagedOrOtherArchivesAreCorrupt) {
  Bytes bytes = read_file(kGolden / "devkit.tar.gz");
  bytes.resize(bytes.size() / 2);
  write_file_atomically(folder_ / "cut.tar.gz", ByteSpan(bytes));
  fs::copy_file(fs::path(STOKER_SOURCE_DIR) / "tests/golden/tar/nested.tar", folder_ / "train.tar");
  for (const char* name : {"cut.tar.gz", "train.tar"}) {
    const Error error = error_of([&] { read_imagenet_val_labels(folder_ / name); });
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
  }
}

TEST_F(LabelsTest, GroundTruthOutsideTheLeavesIsCorruptWithItsLine) {
  const std::vector<Synset> synsets{{1, "n01440764", 0}, {2, "n01443537", 0}, {3, "n00000001", 2}};
  for (const char* truth : {"1\n2\n3\n", "1\n2\n0\n", "1\n2\nx\n", "1\n2\n\n", "1\n2\n1 2\n"}) {
    const Error error = error_of([&] { join_devkit(truth, synsets); });
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.message(), HasSubstr("line 3")) << truth;
  }
  EXPECT_EQ(error_of([&] { join_devkit("", synsets); }).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(join_devkit("2\r\n1", synsets).label_of.size(), 2u);
}

// As editors and spreadsheet programs of Windows save them.
TEST_F(LabelsTest, ByteOrderMarkAndCrlfChangeNothingInAnyOfTheFiles) {
  const std::string mark = "\xef\xbb\xbf";
  const std::vector<Synset> synsets{{1, "n01440764", 0}, {2, "n01443537", 0}};
  const ImagenetValLabels devkit = join_devkit(mark + "2\r\n1\r\n", synsets);
  const ImagenetValLabels script = parse_valprep(mark +
                                                 "mv ILSVRC2012_val_00000001.JPEG n01443537/\r\n"
                                                 "mv ILSVRC2012_val_00000002.JPEG n01440764/\r\n");
  const ImagenetValLabels kaggle = parse_kaggle_solution(
      mark +
          "ImageId,PredictionString\r\nILSVRC2012_val_00000001,n01443537 1\r\n"
          "ILSVRC2012_val_00000002,n01440764 1\r\n",
      mark + "n01440764 tench\r\nn01443537 goldfish\r\n");
  for (const ImagenetValLabels& labels : {devkit, script, kaggle}) {
    EXPECT_THAT(labels.class_names, ElementsAre("n01440764", "n01443537"));
    EXPECT_EQ(labels.label_of.size(), 2u);
    EXPECT_EQ(labels.label_of.at("ILSVRC2012_val_00000001"), 1);
    EXPECT_EQ(labels.label_of.at("ILSVRC2012_val_00000002"), 0);
  }
  put("LOC_val_solution.csv",
      mark + "ImageId,PredictionString\r\nILSVRC2012_val_00000001,n01443537 1\r\n");
  EXPECT_EQ(read_imagenet_val_labels(folder_ / "LOC_val_solution.csv").label_of.size(), 1u);
}

std::string as_utf16(const std::string& text) {
  std::string wide = "\xff\xfe";
  for (const char c : text)
    wide += {c, '\0'};
  return wide;
}

TEST_F(LabelsTest, Utf16IsRefusedByNameInAnyOfTheFiles) {
  const std::vector<std::pair<std::string, std::string>> files{
      {"valprep.sh", "mv ILSVRC2012_val_00000001.JPEG n01443537/\n"},
      {"LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_00000001,n01443537 1\n"},
      {"ILSVRC2012_validation_ground_truth.txt", "1\n2\n"},
      {"labels.txt", "whatever"}};
  fs::copy_file(kGolden / "ILSVRC2012_devkit_t12/data/meta.mat", folder_ / "meta.mat");
  for (const auto& [name, text] : files) {
    const fs::path path = put(name, as_utf16(text));
    const Error error = error_of([&] { read_imagenet_val_labels(path); });
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
    EXPECT_THAT(error.what(), HasSubstr("UTF-16 (little-endian)"));
    EXPECT_EQ(error.path(), path.string());
  }
  put("LOC_val_solution.csv", "ImageId,PredictionString\nILSVRC2012_val_00000001,n01443537 1\n");
  put("LOC_synset_mapping.txt", as_utf16("n01443537 goldfish\n"));
  const Error error = error_of([&] { read_imagenet_val_labels(folder_ / "LOC_val_solution.csv"); });
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_EQ(error.path(), "LOC_synset_mapping.txt");
}

TEST_F(LabelsTest, ClassesNamedTwiceAreCorrupt) {
  EXPECT_THROW(join_devkit("1\n", {{1, "n01440764", 0}, {1, "n01443537", 0}}), Error);
  EXPECT_THROW(join_devkit("1\n", {{1, "n01440764", 0}, {2, "n01440764", 0}}), Error);
  EXPECT_THROW(join_devkit("1\n", {{1, "tench", 0}}), Error);
}

TEST_F(LabelsTest, ContradictingOrMalformedLinesAreCorrupt) {
  const std::string first = "mv ILSVRC2012_val_00000001.JPEG n01440764/\n";
  EXPECT_THROW(parse_valprep(first + "mv ILSVRC2012_val_00000001.JPEG n01443537/\n"), Error);
  EXPECT_THROW(parse_valprep(first + "mv ILSVRC2012_val_00000002.JPEG tench/\n"), Error);
  EXPECT_THROW(parse_valprep("mkdir n01440764\n"), Error);
  EXPECT_THROW(parse_kaggle_solution("ImageId,PredictionString\nILSVRC2012_val_1,n01440764\n", ""),
               Error);
  EXPECT_THROW(parse_kaggle_solution("ImageId,PredictionString\nILSVRC2012_val_00000001\n", ""),
               Error);
  EXPECT_THROW(parse_kaggle_solution("ImageId,PredictionString\n", ""), Error);
}

}  // namespace
}  // namespace stoker
