// One rule, wherever the files lie: every tree here is listed as a folder and as tars of it.
#include "formats/listing_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>

#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ListingRuleTest : public FolderTest {
 protected:
  // Files under in/ whose contents are their names.
  void put(std::initializer_list<const char*> names) {
    for (const std::string name : names) {
      fs::create_directories((folder_ / "in" / name).parent_path());
      if (name.ends_with('/')) continue;
      std::ofstream(folder_ / "in" / name) << name;
    }
  }
  void shell(const std::string& command) {
    ASSERT_EQ(std::system(("cd '" + folder_.string() + "' && " + command).c_str()), 0) << command;
  }
  // The tree as a folder and as tars: plain, with "./", with absolute names, wrapped in a folder.
  std::vector<fs::path> forms() {
    shell(
        "(cd in && ls -A) > names && tar -cf plain.tar -C in --verbatim-files-from -T names && "
        "tar -cf dots.tar -C in . && "
        "tar -cPf absolute.tar --transform 's,^\\./,/,' -C in . && "
        "tar -cf pax.tar --format=pax -C in .");
    return {folder_ / "in", folder_ / "plain.tar", folder_ / "dots.tar", folder_ / "absolute.tar",
            folder_ / "pax.tar"};
  }
  static std::string describe(const SourceListing& listing) {
    std::string text;
    for (const std::string& name : listing.class_names)
      text += "class " + name + "\n";
    for (const SourceItem& item : listing.items)
      text += std::to_string(item.label) + " " + item.name + "\n";
    for (const SampleNote& note : listing.notes)
      text += "note " + note.name + ": " + note.reason + "\n";
    return text;
  }
  // The listing of all forms, which are alike.
  SourceListing list(const ImageSourceOptions& options = {}) {
    SourceListing first;
    for (const fs::path& path : forms()) {
      SourceListing listing = list_image_source({path}, options);
      if (first.archives.empty()) {
        first = std::move(listing);
      } else {
        EXPECT_EQ(describe(listing), describe(first)) << path;
      }
    }
    return first;
  }
  // The message that all forms are refused with.
  std::string refusal(const ImageSourceOptions& options = {}) {
    std::string first;
    for (const fs::path& path : forms()) {
      const Error error = error_of(path, options);
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument) << error.what();
      std::string message = error.message();
      for (size_t at; (at = message.find(path.string())) != message.npos;)
        message.replace(at, path.string().size(), "ROOT");
      if (first.empty()) first = message;
      EXPECT_EQ(message, first) << path;
    }
    return first;
  }
  static Error error_of(const fs::path& path, const ImageSourceOptions& options = {}) {
    try {
      list_image_source({path}, options);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error for " << path;
    return Error(ErrorCode::kInternal, "");
  }
  static ImageSourceOptions from(const std::string& class_from) {
    ImageSourceOptions options;
    options.class_from = class_from;
    return options;
  }
  static std::string content(const SourceListing& listing, size_t i) {
    const SourceItem& item = listing.items.at(i);
    return std::string(
        as_text(RangeFile(listing.files.at(item.file)).read(item.offset_bytes, item.size_bytes)));
  }
};

TEST_F(ListingRuleTest, HiddenAndJunkFoldersMakeNoClassAtAnyDepth) {
  put({".ipynb_checkpoints/x.jpg", "__MACOSX/cat/._0.jpg", "@eaDir/0.jpg/SYNO@.jpg", "cat/0.jpg",
       "cat/.ipynb_checkpoints/0-checkpoint.jpg", "cat/deep/er/1.jpg", "cat/$RECYCLE.BIN/2.jpg",
       "dog/0.jpg", "dog/._0.jpg", "dog/Thumbs.db", "lost+found/", "PaxHeaders.12/0.jpg"});
  const SourceListing listing = list();
  EXPECT_THAT(listing.class_names, ElementsAre("cat", "dog"));
  ASSERT_EQ(listing.items.size(), 3u);
  EXPECT_EQ(listing.items[1].name, "cat/deep/er/1.jpg");
  EXPECT_EQ(content(listing, 1), "cat/deep/er/1.jpg");
  EXPECT_EQ(listing.notes.size(), 9u);
  EXPECT_EQ(listing.notes[0].name, ".ipynb_checkpoints");
}

TEST_F(ListingRuleTest, OrderIsByBytesPartByPart) {
  put({"a/z.jpg", "a-b/x.jpg", "B/1.jpg", "\xc3\xa4/1.jpg", "a/b/1.jpg", "a/b-c.jpg", "-dash/1.jpg",
       "with space/1 2.jpg"});
  const SourceListing listing = list();
  EXPECT_THAT(listing.class_names, ElementsAre("-dash", "B", "a", "a-b", "with space", "\xc3\xa4"));
  std::string names;
  for (const SourceItem& item : listing.items)
    names += item.name + "|";
  EXPECT_EQ(names,
            "-dash/1.jpg|B/1.jpg|a/b/1.jpg|a/b-c.jpg|a/z.jpg|a-b/x.jpg|with space/1 2.jpg|"
            "\xc3\xa4/1.jpg|");
}

TEST_F(ListingRuleTest, SplitsOfAnySpellingAreRefusedWithTheChoice) {
  put({"valid/dog/0.jpg", "train/dog/0.jpg", "train/cat/0.jpg", "test/1.jpg", "meta/x.txt"});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("give one of them: ROOT/test, ROOT/train, ROOT/valid"),
                               HasSubstr("--class-from folder")));
  EXPECT_THAT(list(from("folder")).class_names, ElementsAre("meta", "test", "train", "valid"));
  EXPECT_THAT(list_image_source({folder_ / "dots.tar/train"}, {}).class_names,
              ElementsAre("cat", "dog"));
}

TEST_F(ListingRuleTest, OneSplitBesideOthersIsRefused) {
  put({"Train/dog/0.jpg", "Train/cat/0.jpg", "meta/x.txt"});
  EXPECT_THAT(refusal(), HasSubstr("ROOT/Train"));
  ImageSourceOptions options;
  options.exclude = {"meta"};
  EXPECT_THAT(list(options).class_names, ElementsAre("cat", "dog"));
}

TEST_F(ListingRuleTest, SplitsInsideClassesAreRefused) {
  put({"bottle/train/good/0.jpg", "bottle/test/bad/0.jpg", "cable/train/good/0.jpg"});
  EXPECT_THAT(refusal(), HasSubstr("holds splits (test, train)"));
  ImageSourceOptions options;
  options.exclude = {"*/test"};
  EXPECT_THAT(list(options).class_names, ElementsAre("bottle", "cable"));
}

TEST_F(ListingRuleTest, TrainsAreVehiclesAmongVehicles) {
  put({"train/0.jpg", "bus/0.jpg", "car/0.jpg", "test_tube/0.jpg", "training_shoes/1.jpg"});
  EXPECT_THAT(list().class_names,
              ElementsAre("bus", "car", "test_tube", "train", "training_shoes"));
}

TEST_F(ListingRuleTest, AFolderThatHoldsAllOthersIsEnteredAndNoted) {
  put({"set/in/cat/0.jpg", "set/in/dog/0.jpg", "set/in/empty/"});
  const SourceListing listing = list();
  EXPECT_THAT(listing.class_names, ElementsAre("cat", "dog", "empty"));
  EXPECT_EQ(listing.items[0].name, "cat/0.jpg");
  EXPECT_THAT(describe(listing), AllOf(HasSubstr("note set: holds all the images"),
                                       HasSubstr("note set/in/empty: this class has no images")));
  put({"docs/readme.txt"});
  EXPECT_THAT(refusal(), HasSubstr("give it: ROOT/set"));
}

TEST_F(ListingRuleTest, FlatImagesAreRefusedWithTheChoice) {
  put({"images/0.jpg", "images/1.jpg", "labels/0.txt", "readme.md"});
  EXPECT_THAT(refusal(), AllOf(HasSubstr("ROOT/images"), HasSubstr("--class-from FILE.csv"),
                               HasSubstr("--class-from filename")));
  fs::remove_all(folder_ / "in");
  put({"0.jpg", "1.jpg"});
  EXPECT_THAT(refusal(), HasSubstr("--class-from FILE.csv"));
}

TEST_F(ListingRuleTest, FlatImagenetSaysItsClassesInTheFileNames) {
  put({"n01443537_0_n01443537.JPEG", "n01440764_10026_n01440764.JPEG", "n01440764_1_n01440764.JPEG",
       "readme.txt"});
  const SourceListing train = list();
  EXPECT_THAT(train.class_names, ElementsAre("n01440764", "n01443537"));
  EXPECT_THAT(describe(train), HasSubstr("0 n01440764_10026_n01440764.JPEG\n"
                                         "0 n01440764_1_n01440764.JPEG\n"
                                         "1 n01443537_0_n01443537.JPEG\n"));
  EXPECT_THAT(describe(train), HasSubstr("classes are the WordNet ids in the file names"));

  fs::remove_all(folder_ / "in");
  put({"val/ILSVRC2012_val_00000001_n01443537.JPEG", "val/ILSVRC2012_val_00000002_n01440764.JPEG"});
  const SourceListing val = list();
  EXPECT_THAT(describe(val), HasSubstr("1 ILSVRC2012_val_00000001_n01443537.JPEG\n"
                                       "0 ILSVRC2012_val_00000002_n01440764.JPEG\n"));
  put({"val/n01440764_1_n01443537.JPEG"});  // two ids
  EXPECT_THAT(refusal(from("filename")), HasSubstr("two that differ"));
}

TEST_F(ListingRuleTest, ClassesFromATable) {
  put({"images/a.jpg", "images/b.jpg", "images/c.jpg"});
  std::ofstream(folder_ / "labels.csv") << "\xef\xbb\xbfimage;target\r\nb;9\r\na.jpg;10\r\nz;8\r\n";
  const SourceListing listing = list(from((folder_ / "labels.csv").string()));
  EXPECT_THAT(listing.class_names, ElementsAre("8", "9", "10"));
  EXPECT_THAT(
      describe(listing),
      AllOf(HasSubstr("2 a.jpg\n1 b.jpg\n"), HasSubstr("note images/c.jpg: has no label"),
            HasSubstr("1 of 3 rows name no image of the source: z"),
            HasSubstr("note 8: this class has no images"), HasSubstr("columns image and target")));
}

TEST_F(ListingRuleTest, NamesThatAreNotUtf8AreKeptApart) {
  put({"set/p\xe2te/0.jpg", "set/p\xe8te/0.jpg", "set/pzte/0.jpg"});
  const SourceListing listing = list();
  EXPECT_THAT(listing.class_names, ElementsAre("pzte", "p\\xE2te", "p\\xE8te"));
  EXPECT_EQ(listing.items[1].name, "p\\xE2te/0.jpg");
  EXPECT_EQ(content(listing, 2), "set/p\xe8te/0.jpg");
  put({"set/p\\xE2te/0.jpg"});
  EXPECT_EQ(error_of(folder_ / "in").code(), ErrorCode::kCorrupt);
}

TEST_F(ListingRuleTest, ExclusionsThatMatchNothingAreNoted) {
  put({"cat/0.jpg", "dog/0.png"});
  ImageSourceOptions options;
  options.exclude = {"*.png", "met"};
  EXPECT_THAT(describe(list(options)),
              AllOf(HasSubstr("note *.png: what it matches is left out"),
                    HasSubstr("note met: --exclude names it, but nothing matches"),
                    HasSubstr("note dog: this class has no images")));
}

TEST_F(ListingRuleTest, SymbolicLinksToFilesAreThoseFilesInATarToo) {
  put({"cat/0.jpg", "dog/1.jpg"});
  fs::create_symlink("0.jpg", folder_ / "in/cat/again.jpg");
  fs::create_symlink("../cat/0.jpg", folder_ / "in/dog/cat.jpg");
  const SourceListing listing = list();
  EXPECT_THAT(describe(listing), HasSubstr("0 cat/0.jpg\n0 cat/again.jpg\n1 dog/1.jpg\n1 dog/cat"));
  EXPECT_THAT(listing.notes, IsEmpty());
  const SourceListing tarred = list_image_source({folder_ / "plain.tar"}, {});
  EXPECT_EQ(content(tarred, 3), "cat/0.jpg");
}

// A hard link that comes later replaces the file of its name, although the pixels it stands for lie
// before that file's.
TEST_F(ListingRuleTest, ALaterHardLinkReplacesAnEarlierMember) {
  put({"cat/first.jpg", "cat/x.jpg", "dog/0.jpg"});
  shell(
      "tar -cf twice.tar -C in cat/first.jpg cat/x.jpg dog/0.jpg && rm in/cat/x.jpg && "
      "ln in/cat/first.jpg in/cat/x.jpg && tar -cf more.tar -C in cat/first.jpg cat/x.jpg && "
      "tar --delete -f more.tar cat/first.jpg && tar -Af twice.tar more.tar");
  const SourceListing listing = list_image_source({folder_ / "twice.tar"}, {});
  shell("mkdir out && tar -xf twice.tar -C out");
  ASSERT_EQ(listing.items[1].name, "cat/x.jpg");
  EXPECT_EQ(content(listing, 1), read_text_file(folder_ / "out/cat/x.jpg"));
  EXPECT_EQ(content(listing, 1), "cat/first.jpg");
}

class ClassTarsTest : public ListingRuleTest {
 protected:
  // The tree as an outer tar of class tars, and as a folder of them.
  void make_class_tars() {
    shell(
        "mkdir tars && cd in && for c in *; do tar -cf ../tars/$c.tar -C $c .; done && "
        "cd .. && tar -cf outer.tar -C tars .");
  }
};

TEST_F(ClassTarsTest, OfAnyNameListAsTheTreeDoes) {
  put({"cat/0.jpg", "cat/sub/1.jpg", "dog/0.jpg", "dog/.x.jpg", "empty/"});
  make_class_tars();
  const std::string expected = describe(list());
  EXPECT_EQ(describe(list_image_source({folder_ / "outer.tar"}, {})), expected);
  EXPECT_EQ(describe(list_image_source({folder_ / "tars"}, {})), expected);
  EXPECT_THAT(expected, HasSubstr("class empty"));
  // With the class's folder inside each tar, as `tar -cf cat.tar cat` makes them.
  shell("rm tars/*; cd in && for c in *; do tar -cf ../tars/$c.tar $c; done");
  EXPECT_EQ(describe(list_image_source({folder_ / "tars"}, {})), expected);
}

TEST_F(ClassTarsTest, ArchivesOfADataSetAreRefusedByName) {
  put({"ILSVRC2012_img_train/n01440764/0.JPEG", "ILSVRC2012_img_train/n01443537/0.JPEG",
       "ILSVRC2012_img_val/n01440764/1.JPEG"});
  make_class_tars();
  const Error error = error_of(folder_ / "outer.tar");
  EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message(), AllOf(HasSubstr("outer.tar/ILSVRC2012_img_train.tar"),
                                     HasSubstr("outer.tar/ILSVRC2012_img_val.tar")));
  EXPECT_EQ(error_of(folder_ / "tars").code(), ErrorCode::kInvalidArgument);
  const SourceListing train =
      list_image_source({folder_ / "outer.tar/ILSVRC2012_img_train.tar"}, {});
  EXPECT_EQ(describe(train),
            "class n01440764\nclass n01443537\n0 n01440764/0.JPEG\n1 n01443537/0.JPEG\n");
  shell("mkdir -p deeper/down && cp outer.tar deeper/down && tar -cf deep.tar -C deeper down");
  EXPECT_EQ(
      describe(list_image_source({folder_ / "deep.tar/down/outer.tar/ILSVRC2012_img_val.tar"}, {})),
      "class n01440764\n0 n01440764/1.JPEG\n");
}

TEST_F(ClassTarsTest, ManyAreListedWithFewDescriptors) {
  put({"c/0.jpg"});
  make_class_tars();
  shell("cd tars && for i in $(seq 100); do cp c.tar c$i.tar; done");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 40;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  const size_t classes = list_image_source({folder_ / "tars"}, {}).class_names.size();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(classes, 101u);
}

TEST_F(ListingRuleTest, MembersThatClimbOutAreRefused) {
  put({"cat/0.jpg", "dog/0.jpg"});
  shell("tar -cPf climbing.tar --transform 's,^dog,../dog,' -C in cat dog");
  EXPECT_EQ(error_of(folder_ / "climbing.tar").code(), ErrorCode::kCorrupt);
  ImageSourceOptions options;
  options.skip_damaged = true;
  EXPECT_THAT(list_image_source({folder_ / "climbing.tar"}, options).class_names,
              Not(::testing::Contains("dog")));
}

TEST_F(ListingRuleTest, FoldersDeeperThanAnyTreeEndTheWalk) {
  std::string deep = "cat";
  for (int i = 0; i < 120; ++i)
    deep += "/d";
  fs::create_directories(folder_ / "in" / deep);
  put({"cat/0.jpg"});
  EXPECT_THAT(error_of(folder_ / "in").message(), HasSubstr("more than 100 deep"));
}

}  // namespace
}  // namespace stoker
