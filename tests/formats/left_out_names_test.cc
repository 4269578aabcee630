#include "formats/left_out_names.h"

#include <gtest/gtest.h>

#include "formats/utf8_names.h"
#include "libdata/core/error.h"

namespace stoker {
namespace {

TEST(LeftOutNamesTest, HiddenAndJunkAtAnyDepth) {
  for (const char* name :
       {".git", "._0.jpg", ".ipynb_checkpoints", "__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN",
        "$Recycle.Bin", "lost+found", "System Volume Information", "PaxHeaders", "PaxHeaders.1234",
        "Thumbs.db", "desktop.ini", "FOUND.000", "Icon\r", "@Recycle"}) {
    EXPECT_TRUE(is_left_lying_about(name)) << name;
    EXPECT_EQ(left_lying_front("cat/" + std::string(name) + "/deep/x.jpg"),
              "cat/" + std::string(name));
  }
  for (const char* name : {"cat", "recycling bin", "lost and found", "found", "_private", "a.b"}) {
    EXPECT_FALSE(is_left_lying_about(name)) << name;
  }
  EXPECT_EQ(left_lying_front("cat/0.jpg"), "");
}

// What `tar -cf - --exclude=GLOB .` leaves out, tried with GNU tar 1.34.
TEST(LeftOutNamesTest, ExclusionsMatchAsGnuTarsDo) {
  const auto excludes = [](const char* glob, const char* path) {
    return Exclusions({glob}).find(path) != Exclusions::kNone;
  };
  EXPECT_TRUE(excludes("meta", "meta"));
  EXPECT_TRUE(excludes("meta", "meta/x.jpg"));
  EXPECT_TRUE(excludes("meta", "cat/meta/x.jpg"));
  EXPECT_FALSE(excludes("meta", "cat/metal/x.jpg"));
  EXPECT_TRUE(excludes("*.png", "cat/0.png"));
  EXPECT_FALSE(excludes("*.png", "cat/0.png.jpg"));
  EXPECT_TRUE(excludes("cat/*/raw", "cat/a/b/raw/0.jpg"));
  EXPECT_TRUE(excludes("a/raw/", "cat/a/raw/0.jpg"));
  EXPECT_TRUE(excludes("./cat", "cat/0.jpg"));
  EXPECT_TRUE(excludes("/cat", "cat/0.jpg"));
  EXPECT_FALSE(excludes("/cat", "big/cat/0.jpg"));
  EXPECT_TRUE(excludes("[0-3].jpg", "cat/2.jpg"));
  EXPECT_FALSE(excludes("[0-3].jpg", "cat/4.jpg"));
  EXPECT_THROW(Exclusions({""}), Error);
}

TEST(Utf8NamesTest, EscapesWhatIsNoUtf8AndNothingElse) {
  EXPECT_EQ(escape_non_utf8("p\xe2te"), "p\\xE2te");
  EXPECT_EQ(escape_non_utf8("p\xe8te"), "p\\xE8te");
  for (const char* text : {"", "plain", "p\xc3\xa2te", "\xe2\x82\xac", "\xf0\x9f\x90\x88"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(escape_non_utf8(text), text);
  }
  for (const char* text : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80",
                           "\xf5\x80\x80\x80", "\xe0\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text)) << escape_non_utf8(text);
    EXPECT_TRUE(is_utf8(escape_non_utf8(text)));
  }
}

}  // namespace
}  // namespace stoker
