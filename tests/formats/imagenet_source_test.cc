// ImageNet's own archives: class tars in a tar, and flat validation images with a devkit.
#include <gmock/gmock.h>

#include "tests/formats/image_source_fixture.h"
#include "tests/sample_archives.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ImagenetSourceTest = ImageSourceTest;

TEST_F(ImagenetSourceTest, NestedTrainTarIsReadInPlace) {
  put_class_tar("n02000000", 2);
  put_class_tar("n01000000", 1);
  const SourceListing listing = list(tar("train.tar", "n02000000.tar n01000000.tar"));
  EXPECT_THAT(listing.class_names, ElementsAre("n01000000", "n02000000"));
  EXPECT_EQ(describe(listing),
            "0 n01000000/n01000000_0.JPEG\n1 n02000000/n02000000_0.JPEG\n"
            "1 n02000000/n02000000_1.JPEG\n");
  EXPECT_EQ(content(listing, 2), "n020000001");
  EXPECT_EQ(content(listing, 0), "n010000000");
  EXPECT_TRUE(listing.notes.empty());
}

TEST_F(ImagenetSourceTest, EmptyClassTarKeepsItsIndexAndIsNoted) {
  put_class_tar("n01000000", 0);
  put_class_tar("n02000000", 1);
  const SourceListing listing = list(tar("train.tar"));
  EXPECT_THAT(listing.class_names, ElementsAre("n01000000", "n02000000"));
  EXPECT_EQ(describe(listing), "1 n02000000/n02000000_0.JPEG\n");
  EXPECT_EQ(notes_of(listing), "n01000000: this class has no images\n");
}

TEST_F(ImagenetSourceTest, ClassTarsInAFolderAreTheSame) {
  put_class_tar("n02000000", 1);
  put_class_tar("n01000000", 1);
  const SourceListing listing = list(folder_ / "in");
  EXPECT_EQ(describe(listing), "0 n01000000/n01000000_0.JPEG\n1 n02000000/n02000000_0.JPEG\n");
  EXPECT_EQ(content(listing, 1), "n020000000");
  put("n03000000/a.JPEG");
  EXPECT_THAT(refusal({folder_ / "in"}).message(), HasSubstr("class tars"));
}

TEST_F(ImagenetSourceTest, DamagedClassTarIsCorruptOrSkipped) {
  put_class_tar("n01000000", 3);
  put_class_tar("n02000000", 1);
  const fs::path path = tar("train.tar", "n01000000.tar n02000000.tar");
  Bytes bytes = read_file(path);
  bytes[512 + 1024 + 5] = '!';  // in the header of the first class's second image
  write_file_atomically(path, ByteSpan(bytes));
  const Error error = refusal({path});
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_EQ(error.offset_bytes(), 512u + 1024u);
  EXPECT_THAT(error.what(), HasSubstr("n01000000.tar"));
  ImageSourceOptions options;
  options.skip_damaged = true;
  const SourceListing listing = list_image_source({path}, options);
  EXPECT_EQ(describe(listing), "0 n01000000/n01000000_0.JPEG\n1 n02000000/n02000000_0.JPEG\n");
  EXPECT_THAT(notes_of(listing), HasSubstr("n01000000.tar: the rest of this archive is lost"));
}

// The labels of kDevkit, from its expected.tsv.
constexpr const char* kValListing =
    "0 ILSVRC2012_val_00000001.JPEG\n2 ILSVRC2012_val_00000003.JPEG\n"
    "0 ILSVRC2012_val_00000008.JPEG\n";

TEST_F(ImagenetSourceTest, ValTarIsSortedAndLabelled) {
  for (const char* number : {"1", "3", "8"})
    put(std::string("ILSVRC2012_val_0000000") + number + ".JPEG");
  put("readme.txt");
  const SourceListing flat = list(folder_ / "in", true);
  EXPECT_EQ(content(flat, 1), "ILSVRC2012_val_00000003.JPEG");
  const fs::path path = tar("val.tar",
                            "readme.txt ILSVRC2012_val_00000008.JPEG "
                            "ILSVRC2012_val_00000001.JPEG ILSVRC2012_val_00000003.JPEG");
  const SourceListing tarred = list(path, true);
  EXPECT_EQ(content(tarred, 1), "ILSVRC2012_val_00000003.JPEG");
  for (const SourceListing& listing : {flat, tarred}) {
    EXPECT_EQ(describe(listing), kValListing);
    EXPECT_EQ(listing.class_names.size(), 5u);
    EXPECT_THAT(notes_of(listing), HasSubstr("readme.txt: "));
    EXPECT_THAT(notes_of(listing), HasSubstr("5 of 8 labelled validation images are not in"));
  }
}

TEST_F(ImagenetSourceTest, ValNeedsADevkit) {
  put("ILSVRC2012_val_00000001.JPEG");
  const Error of_folder = refusal({folder_ / "in"});
  const Error of_tar = refusal({tar("val.tar")});
  for (const Error& error : {of_folder, of_tar}) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.message(), HasSubstr("--devkit"));
  }
}

TEST_F(ImagenetSourceTest, ValImageBeyondTheLabelsIsCorrupt) {
  put("ILSVRC2012_val_00000009.JPEG");
  const ImageSourceOptions options{kDevkit, false, {}, {}};
  const Error of_folder = refusal({folder_ / "in"}, options);
  const Error of_tar = refusal({tar("val.tar")}, options);
  for (const Error& error : {of_folder, of_tar}) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("ILSVRC2012_val_00000009"));
  }
}

TEST_F(ImagenetSourceTest, InterruptedValprepIsRefused) {
  put("ILSVRC2012_val_00000001.JPEG");
  put("n01440764/ILSVRC2012_val_00000002.JPEG");
  EXPECT_THAT(refusal({folder_ / "in"}).message(), HasSubstr("valprep.sh"));
}

TEST_F(ImagenetSourceTest, DevkitNumbersTheClassesOfAPartialTrainArchive) {
  put_class_tar("n02110185", 1);
  put_class_tar("n15075141", 1);
  const fs::path path = tar("train.tar");
  EXPECT_EQ(describe(list(path)), "0 n02110185/n02110185_0.JPEG\n1 n15075141/n15075141_0.JPEG\n");
  EXPECT_EQ(describe(list(path, true)),
            "2 n02110185/n02110185_0.JPEG\n4 n15075141/n15075141_0.JPEG\n");
  put_class_tar("n99999999", 1);
  EXPECT_EQ(refusal({tar("other.tar")}, {kDevkit, false, {}, {}}).code(), ErrorCode::kCorrupt);
}

// `archives` as they are read by us against what another hand says of them.
void expect_labels_as_written(const testing::SampleArchives& archives) {
  const SourceListing train = list_image_source({archives.train}, {});
  const SourceListing val = list_image_source({archives.val}, {archives.devkit, false, {}, {}});
  EXPECT_EQ(train.class_names, val.class_names);
  std::ostringstream expected;
  std::istringstream lines(read_text_file(archives.val_labels));
  std::string name;
  std::string wnid;
  for (int label; lines >> name >> wnid >> label;)
    expected << label << ' ' << name << '\n';
  EXPECT_EQ(describe(val), expected.str());
  EXPECT_GT(train.items.size(), val.items.size());
  for (size_t i = 0; i < train.items.size(); ++i)
    ASSERT_EQ(content(train, i).substr(0, 2), "\xff\xd8") << train.items[i].name;
}

TEST_F(ImagenetSourceTest, ArchivesInTheShapeOfImagenetHaveTheirLabels) {
  expect_labels_as_written(testing::draw_archives(folder_ / "drawn"));
  if (fs::exists(testing::real_archives())) {
    expect_labels_as_written(testing::SampleArchives(testing::real_archives()));
  }
}

}  // namespace
}  // namespace stoker
