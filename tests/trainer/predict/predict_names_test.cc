#include "trainer/predict/predict_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

std::vector<std::string> files_of(const std::vector<std::string>& names) {
  return mask_file_names(names);
}

TEST(MaskFileNames, OrdinaryNamesStayAsTheyAre) {
  EXPECT_THAT(files_of({"1407735", "s1_z10240_y2560", "\xc3\xa9t\xc3\xa9", "a b", "x\xff"}),
              ElementsAre("1407735.tif", "s1_z10240_y2560.tif", "\xc3\xa9t\xc3\xa9.tif", "a b.tif",
                          "x\xff.tif"));
}

TEST(MaskFileNames, NeverLeadOutOfTheFolderOrHide) {
  EXPECT_THAT(files_of({"a/b", "../c", "..", ".d", "", "e\nf"}),
              ElementsAre("a_b.tif", "_._c.tif", "_..tif", "_d.tif", "_.tif", "e_f.tif"));
}

TEST(MaskFileNames, NamesThatWouldFallTogetherAreKeptApart) {
  const auto files = files_of({"a/b", "a_b", "a\nb"});
  EXPECT_EQ(files[1], "a_b.tif");
  EXPECT_THAT(files[0], StartsWith("a_b-"));
  EXPECT_THAT(files[2], StartsWith("a_b-"));
  EXPECT_EQ(std::set<std::string>(files.begin(), files.end()).size(), 3u);
}

TEST(MaskFileNames, LongNamesFitAFileSystem) {
  const auto files = files_of({std::string(5000, 'x') + "1", std::string(5000, 'x') + "2"});
  EXPECT_NE(files[0], files[1]);
  EXPECT_LE(files[0].size(), 251u);  // with ".tmp" no more than 255
}

TEST(MaskFileNames, RefusesOneNameTwice) {
  EXPECT_THROW(files_of({"a", "b", "a"}), Error);
}

TEST(ShownName, IsUtf8WhateverTheBytes) {
  EXPECT_EQ(shown_name("\xe2\x82\xac 5"), "\xe2\x82\xac 5");
  EXPECT_EQ(shown_name("a\xff"
                       "b"),
            "a\\xffb");
  EXPECT_EQ(shown_name("\x1b[31m\n"), "\\x1b[31m\\x0a");
  EXPECT_EQ(shown_name("\xc0\xaf"), "\\xc0\\xaf");                    // overlong
  EXPECT_EQ(shown_name("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(shown_name("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // past U+10FFFF
  EXPECT_EQ(shown_name("\xe2\x82"), "\\xe2\\x82");                    // cut short
}

TEST(ShownName, TellsBytesFromTheirPicture) {
  EXPECT_EQ(shown_name("a\\xff"), "a\\\\xff");
  EXPECT_NE(shown_name("a\\xff"), shown_name("a\xff"));
}

}  // namespace
}  // namespace stoker
