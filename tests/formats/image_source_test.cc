#include "formats/image_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "tests/sample_archives.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kSource = fs::path(STOKER_SOURCE_DIR);
const fs::path kMednist = kSource / "../shared/data/mednist.tar";
const fs::path kDevkit = kSource / "tests/golden/devkit/devkit.tar.gz";  // labels 8 images

// "LABEL NAME" a line, and the notes' names and reasons.
std::string describe(const SourceListing& listing) {
  std::ostringstream out;
  for (const SourceItem& item : listing.items)
    out << item.label << ' ' << item.name << '\n';
  return out.str();
}
std::string notes_of(const SourceListing& listing) {
  std::ostringstream out;
  for (const SampleNote& note : listing.notes)
    out << note.name << ": " << note.reason << '\n';
  return out.str();
}

std::string content(const SourceListing& listing, size_t i) {
  const SourceItem& item = listing.items.at(i);
  return std::string(
      as_text(RangeFile(listing.files.at(item.file)).read(item.offset_bytes, item.size_bytes)));
}

class ImageSourceTest : public FolderTest {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "in"); }
  // A file under in/ whose content is its name.
  void put(const std::string& name) {
    fs::create_directories((folder_ / "in" / name).parent_path());
    std::ofstream(folder_ / "in" / name) << name;
  }
  // Packs in/MEMBERS into NAME with GNU tar and empties in/.
  fs::path tar(const std::string& name, const std::string& members = ".") {
    const std::string command = "tar --sort=name -b 1 -cf '" + (folder_ / name).string() +
                                "' -C '" + (folder_ / "in").string() + "' " + members;
    EXPECT_EQ(std::system(command.c_str()), 0);
    fs::remove_all(folder_ / "in");
    fs::create_directories(folder_ / "in");
    return folder_ / name;
  }
  // An inner tar under in/, holding WNID_i.JPEG.
  void put_class_tar(const std::string& wnid, int count) {
    const fs::path inner = folder_ / "inner";
    fs::create_directories(inner);
    for (int i = 0; i < count; ++i)
      std::ofstream(inner / (wnid + "_" + std::to_string(i) + ".JPEG")) << wnid << i;
    const std::string command = "cd '" + inner.string() + "' && ls | tar -b 1 -cf '" +
                                (folder_ / "in" / (wnid + ".tar")).string() + "' -T -";
    EXPECT_EQ(std::system(command.c_str()), 0);
    fs::remove_all(inner);
  }
  // Another name under in/ for the same file: GNU tar stores it as a hard link.
  void link(const std::string& name, const std::string& target) {
    fs::create_directories((folder_ / "in" / name).parent_path());
    fs::create_hard_link(folder_ / "in" / target, folder_ / "in" / name);
  }
  SourceListing list(const fs::path& path, bool with_devkit = false, bool skip_damaged = false) {
    ImageSourceOptions options;
    options.skip_damaged = skip_damaged;
    if (with_devkit) options.devkit = kDevkit;
    return list_image_source({path}, options);
  }
  Error refusal(const std::vector<fs::path>& paths, const ImageSourceOptions& options = {}) {
    try {
      list_image_source(paths, options);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error";
    return Error(ErrorCode::kInternal, "");
  }
};

TEST_F(ImageSourceTest, NestedTrainTarIsReadInPlace) {
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

TEST_F(ImageSourceTest, EmptyClassTarKeepsItsIndexAndIsNoted) {
  put_class_tar("n01000000", 0);
  put_class_tar("n02000000", 1);
  const SourceListing listing = list(tar("train.tar"));
  EXPECT_THAT(listing.class_names, ElementsAre("n01000000", "n02000000"));
  EXPECT_EQ(describe(listing), "1 n02000000/n02000000_0.JPEG\n");
  EXPECT_EQ(notes_of(listing), "n01000000: this class has no images\n");
}

TEST_F(ImageSourceTest, ClassTarsInAFolderAreTheSame) {
  put_class_tar("n02000000", 1);
  put_class_tar("n01000000", 1);
  const SourceListing listing = list(folder_ / "in");
  EXPECT_EQ(describe(listing), "0 n01000000/n01000000_0.JPEG\n1 n02000000/n02000000_0.JPEG\n");
  EXPECT_EQ(content(listing, 1), "n020000000");
  put("n03000000/a.JPEG");
  EXPECT_THAT(refusal({folder_ / "in"}).message(), HasSubstr("class tars"));
}

TEST_F(ImageSourceTest, DamagedClassTarIsCorruptOrSkipped) {
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

TEST_F(ImageSourceTest, ValTarIsSortedAndLabelled) {
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

TEST_F(ImageSourceTest, ValNeedsADevkit) {
  put("ILSVRC2012_val_00000001.JPEG");
  const Error of_folder = refusal({folder_ / "in"});
  const Error of_tar = refusal({tar("val.tar")});
  for (const Error& error : {of_folder, of_tar}) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(error.message(), HasSubstr("--devkit"));
  }
}

TEST_F(ImageSourceTest, ValImageBeyondTheLabelsIsCorrupt) {
  put("ILSVRC2012_val_00000009.JPEG");
  const ImageSourceOptions options{kDevkit, false, {}, {}};
  const Error of_folder = refusal({folder_ / "in"}, options);
  const Error of_tar = refusal({tar("val.tar")}, options);
  for (const Error& error : {of_folder, of_tar}) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("ILSVRC2012_val_00000009"));
  }
}

TEST_F(ImageSourceTest, ClassTreeIsWalkedAsImageFolderDoes) {
  put("cat/b.jpg");
  put("cat/deep/er/a.PNG");
  put("cat/notes.txt");
  put("cat/.hidden.jpg");
  put("dog/c.JPEG");
  put("stray.jpg");
  fs::create_directories(folder_ / "in/empty");
  fs::create_symlink(folder_ / "in/cat/b.jpg", folder_ / "in/dog/linked.jpg");
  fs::create_symlink("nowhere", folder_ / "in/dog/broken.jpg");
  fs::create_directory_symlink(folder_ / "in/dog", folder_ / "in/dog/loop");
  const SourceListing listing = list(folder_ / "in");
  EXPECT_THAT(listing.class_names, ElementsAre("cat", "dog", "empty"));
  EXPECT_EQ(describe(listing),
            "0 cat/b.jpg\n0 cat/deep/er/a.PNG\n1 dog/c.JPEG\n1 dog/linked.jpg\n");
  EXPECT_EQ(content(listing, 1), "cat/deep/er/a.PNG");
  EXPECT_EQ(content(listing, 3), "cat/b.jpg");
  EXPECT_EQ(notes_of(listing),
            "cat/.hidden.jpg: hidden, or left there by a system, left out\n"
            "cat/notes.txt: not an image file (by its extension), left out\n"
            "dog/broken.jpg: a broken symbolic link, left out\n"
            "dog/loop: a symbolic link back to a folder above it, left out\n"
            "empty: this class has no images\n"
            "stray.jpg: not in a class folder, left out\n");
}

TEST_F(ImageSourceTest, ClassTreeInATar) {
  put("set/train/dog/b.jpg");
  put("set/train/cat/a.jpg");
  put("set/val/cat/a.jpg");
  const fs::path path = tar("set.tar");
  EXPECT_EQ(describe(list(path / "set/train")), "0 cat/a.jpg\n1 dog/b.jpg\n");
  EXPECT_EQ(describe(list(path / "set/val/")), "0 cat/a.jpg\n");
  EXPECT_EQ(content(list(path / "set/val"), 0), "set/val/cat/a.jpg");
  EXPECT_THAT(refusal({path}).message(), HasSubstr("set.tar/set/train"));
  EXPECT_THAT(refusal({path / "set"}).message(), HasSubstr("set.tar/set/train"));
  EXPECT_EQ(refusal({path / "set/test"}).code(), ErrorCode::kCorrupt);
  put("dog/b.jpg");
  put("cat/a.jpg");
  EXPECT_EQ(describe(list(tar("plain.tar"))), "0 cat/a.jpg\n1 dog/b.jpg\n");
}

TEST_F(ImageSourceTest, HardLinksInATarAreTheFilesTheyName) {
  put("cat/a.jpg");
  link("dog/b.jpg", "cat/a.jpg");
  const SourceListing tree = list(tar("tree.tar", "cat/a.jpg dog/b.jpg"));
  EXPECT_EQ(describe(tree), "0 cat/a.jpg\n1 dog/b.jpg\n");
  EXPECT_EQ(content(tree, 1), "cat/a.jpg");
  EXPECT_EQ(notes_of(tree), "");

  put("ILSVRC2012_val_00000001.JPEG");
  link("ILSVRC2012_val_00000002.JPEG", "ILSVRC2012_val_00000001.JPEG");
  const SourceListing val = list(tar("val.tar"), true);
  ASSERT_EQ(val.items.size(), 2u);
  EXPECT_EQ(content(val, 0), content(val, 1));

  put("a.JPEG");
  link("b.JPEG", "a.JPEG");
  const fs::path inner = tar("n01440764.tar");
  fs::rename(inner, folder_ / "in/n01440764.tar");
  const SourceListing train = list(tar("train.tar"));
  ASSERT_EQ(train.items.size(), 2u);
  EXPECT_EQ(content(train, 1), "a.JPEG");
}

TEST_F(ImageSourceTest, HardLinkToWhatIsNotInTheTarIsCorruptOrSkipped) {
  const auto without_first = [&](const std::string& name, const std::string& first,
                                 const std::string& second) {
    put("keep/k.jpg");
    put(first);
    link(second, first);
    const fs::path path = tar(name, "keep/k.jpg " + first + " " + second);
    EXPECT_EQ(std::system(("tar --delete -f " + path.string() + " " + first).c_str()), 0);
    return path;
  };
  const fs::path tree = without_first("tree.tar", "cat/a.jpg", "dog/b.jpg");
  EXPECT_EQ(refusal({tree}).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(refusal({tree}).offset_bytes(), 1024u);
  EXPECT_THAT(refusal({tree}).message(),
              HasSubstr("'dog/b.jpg' is a hard link to 'cat/a.jpg', which is no file before it"));
  const SourceListing kept = list(tree, false, true);
  EXPECT_EQ(describe(kept), "0 keep/k.jpg\n");
  EXPECT_EQ(notes_of(kept),
            "dog/b.jpg: a hard link to 'cat/a.jpg', which is no file before it in the archive\n");

  put("c.JPEG");
  put("a.JPEG");
  link("b.JPEG", "a.JPEG");
  const fs::path train = tar("n01440764.tar", "c.JPEG a.JPEG b.JPEG");
  EXPECT_EQ(std::system(("tar --delete -f " + train.string() + " a.JPEG").c_str()), 0);
  EXPECT_EQ(refusal({train}).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(describe(list(train, false, true)), "0 n01440764/c.JPEG\n");
}

TEST_F(ImageSourceTest, SplitsAreNoClasses) {
  put("train/cat/a.jpg");
  put("val/cat/a.jpg");
  EXPECT_THAT(refusal({folder_ / "in"}).message(), HasSubstr("in/train"));
}

TEST_F(ImageSourceTest, WhatIsNoSourceIsRefusedWithWhatIsTaken) {
  put("a.jpg");
  const Error loose = refusal({folder_ / "in"});
  EXPECT_EQ(loose.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(loose.message(), HasSubstr("expected a folder per class"));
  EXPECT_EQ(refusal({tar("loose.tar")}).code(), ErrorCode::kInvalidArgument);
  put("text");
  EXPECT_THAT(refusal({tar("no_images.tar")}).message(), HasSubstr("holds no images"));
  write_file_atomically(folder_ / "text.tar", std::string(3000, 'x'));
  EXPECT_EQ(refusal({folder_ / "text.tar"}).code(), ErrorCode::kCorrupt);
  write_file_atomically(folder_ / "empty.tar", std::string());
  EXPECT_EQ(refusal({folder_ / "empty.tar"}).code(), ErrorCode::kCorrupt);
  EXPECT_EQ(refusal({kDevkit}).code(), ErrorCode::kUnsupported);
  EXPECT_EQ(refusal({folder_ / "none"}).code(), ErrorCode::kNotFound);
  EXPECT_EQ(refusal({}).code(), ErrorCode::kInvalidArgument);
}

TEST_F(ImageSourceTest, InterruptedValprepIsRefused) {
  put("ILSVRC2012_val_00000001.JPEG");
  put("n01440764/ILSVRC2012_val_00000002.JPEG");
  EXPECT_THAT(refusal({folder_ / "in"}).message(), HasSubstr("valprep.sh"));
}

TEST_F(ImageSourceTest, DevkitNumbersTheClassesOfAPartialTrainArchive) {
  put_class_tar("n02110185", 1);
  put_class_tar("n15075141", 1);
  const fs::path path = tar("train.tar");
  EXPECT_EQ(describe(list(path)), "0 n02110185/n02110185_0.JPEG\n1 n15075141/n15075141_0.JPEG\n");
  EXPECT_EQ(describe(list(path, true)),
            "2 n02110185/n02110185_0.JPEG\n4 n15075141/n15075141_0.JPEG\n");
  put_class_tar("n99999999", 1);
  EXPECT_EQ(refusal({tar("other.tar")}, {kDevkit, false, {}, {}}).code(), ErrorCode::kCorrupt);
}

TEST_F(ImageSourceTest, SeveralPathsAreJoinedByClassName) {
  put_class_tar("n02000000", 1);
  const fs::path first = tar("first.tar");
  put("n03000000/x.jpg");
  put("n01000000/y.jpg");
  put("n02000000/z.jpg");
  const SourceListing listing = list_image_source({first, folder_ / "in"}, {});
  EXPECT_THAT(listing.class_names, ElementsAre("n01000000", "n02000000", "n03000000"));
  EXPECT_EQ(describe(listing),
            "1 n02000000/n02000000_0.JPEG\n0 n01000000/y.jpg\n1 n02000000/z.jpg\n"
            "2 n03000000/x.jpg\n");
  EXPECT_EQ(content(listing, 2), "n02000000/z.jpg");
  EXPECT_EQ(refusal({first, first}).code(), ErrorCode::kInvalidArgument);
}

TEST_F(ImageSourceTest, LaterMemberOfTheSameNameReplacesTheEarlier) {
  put("cat/a.jpg");
  put("cat/b.jpg");
  // Each given as another file, or GNU tar stores the second as a hard link to the first.
  put("again/cat/a.jpg");
  const SourceListing listing =
      list(tar("twice.tar", "cat/a.jpg cat/b.jpg --transform=s,again/,, again/cat/a.jpg"));
  EXPECT_EQ(describe(listing), "0 cat/a.jpg\n0 cat/b.jpg\n");
  EXPECT_EQ(listing.items[0].offset_bytes, 5u * 512u);
  EXPECT_EQ(notes_of(listing), "cat/a.jpg: replaced by a later member of the same name\n");
}

TEST_F(ImageSourceTest, ListingIsTheSameAtAnyThreadCount) {
  for (const char* wnid : {"n03000000", "n01000000", "n02000000", "n05000000", "n04000000"})
    put_class_tar(wnid, 5);
  const fs::path path = tar("train.tar");
  const std::string expected = [&] {
    const ThreadLimit one(1);
    return describe(list(path));
  }();
  const ThreadLimit many(7);
  EXPECT_EQ(describe(list(path)), expected);
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

TEST_F(ImageSourceTest, ArchivesInTheShapeOfImagenetHaveTheirLabels) {
  expect_labels_as_written(testing::draw_archives(folder_ / "drawn"));
  if (fs::exists(testing::real_archives())) {
    expect_labels_as_written(testing::SampleArchives(testing::real_archives()));
  }
}

TEST_F(ImageSourceTest, AFolderInsideATarIsATreeOfItsOwn) {
  for (const char* name : {"mednist/train/Hand/1.jpeg", "mednist/train/CXR/1.jpeg",
                           "mednist/train/CXR/2.jpeg", "mednist/val/Hand/3.jpeg"})
    put(name);
  const fs::path path = tar("mednist.tar");
  EXPECT_EQ(describe(list(path / "mednist/train")), "0 CXR/1.jpeg\n0 CXR/2.jpeg\n1 Hand/1.jpeg\n");
  EXPECT_EQ(describe(list(path / "mednist/val")), "0 Hand/3.jpeg\n");
  if (!fs::exists(kMednist)) return;  // the real one: 21,000 images
  const SourceListing train = list(kMednist / "mednist/train");
  EXPECT_EQ(train.items.size(), 18000u);
  EXPECT_EQ(list(kMednist / "mednist/val").items.size(), 3000u);
  EXPECT_THAT(train.class_names,
              ElementsAre("AbdomenCT", "BreastMRI", "CXR", "ChestCT", "Hand", "HeadCT"));
}

}  // namespace
}  // namespace stoker
