// Trees with a folder per class, on disk and in tars; several sources at once.
#include "formats/image_source.h"

#include <gmock/gmock.h>

#include "libdata/core/parallel.h"
#include "tests/formats/image_source_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const fs::path kMednist = fs::path(STOKER_SOURCE_DIR) / "../shared/data/mednist.tar";

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
