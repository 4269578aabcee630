#include "formats/scroll_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refusal_of(std::string_view table) {
  try {
    parse_scroll_table(table);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(ScrollTable, KeepsIdsPast32Bits) {
  const auto lines = parse_scroll_table("id,scroll_id\n4293224556,34117\n17,26002\n").lines;
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].id, "4293224556");
  EXPECT_EQ(lines[0].scroll, 34117);
  EXPECT_EQ(lines[1].id, "17");
}

TEST(ScrollTable, FindsColumnsByName) {
  for (const char* text :
       {"scroll_id,id\n2,1\n4,3\n", "ID;Scroll_ID\r\n1;2\r\n3;4\r\n",
        "\xef\xbb\xbf\"id\",\"width\",\"scroll_id\"\n\"1\",\"320\",\"2\"\n\"3\",,\"4\"\n",
        "split,scroll_id,id\ntrain,2.0,1.tif\ntrain,4.0,3.tif", "id,scroll_id\n1,2\r\n\r\n3,4"}) {
    const auto lines = parse_scroll_table(text).lines;
    ASSERT_EQ(lines.size(), 2u) << text;
    EXPECT_EQ(lines[0].id, "1") << text;
    EXPECT_EQ(lines[0].scroll, 2) << text;
    EXPECT_EQ(lines[1].id, "3") << text;
    EXPECT_EQ(lines[1].scroll, 4) << text;
  }
}

TEST(ScrollTable, IdsMayBeTextAndKeepTheirZeros) {
  const auto lines =
      parse_scroll_table("id,scroll_id\ns1_z10240_y2560_x2560,7\n0012,7\n-1,7\n").lines;
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].id, "s1_z10240_y2560_x2560");
  EXPECT_EQ(lines[1].id, "0012");
  EXPECT_EQ(lines[2].id, "-1");
}

TEST(ScrollTable, NumbersScrollsThatHaveNames) {
  const ScrollTable table =
      parse_scroll_table("id,scroll_id\n1,PHerc0332\n2,PHerc0172\n3,PHerc0332\n4,1667\n");
  EXPECT_THAT(table.scroll_names, ElementsAre("1667", "PHerc0172", "PHerc0332"));
  std::vector<int64_t> scrolls;
  for (const ScrollLine& line : table.lines)
    scrolls.push_back(line.scroll);
  EXPECT_THAT(scrolls, ElementsAre(2, 1, 2, 0));
}

TEST(ScrollTable, WithoutScrollsTheyAreNotKnown) {
  EXPECT_EQ(parse_scroll_table("id\n5\n").lines.at(0).scroll, -1);
}

TEST(ScrollTable, RefusesATableWithoutIds) {
  EXPECT_THAT(refusal_of("1,2\n"), HasSubstr("columns named id and scroll_id, found '1,2'"));
  EXPECT_NE(refusal_of(""), "nothing was thrown");
}

TEST(ScrollTable, RefusesIdsThatNameNoFileAndScrollsThatAreNotThere) {
  EXPECT_THAT(refusal_of("id,scroll_id\n../1,2\n"), HasSubstr("found '../1'"));
  EXPECT_THAT(refusal_of("id,scroll_id\n,2\n"), HasSubstr("found ''"));
  EXPECT_THAT(refusal_of("id,scroll_id\n..,2\n"), HasSubstr("found '..'"));
  EXPECT_THAT(refusal_of("id,scroll_id\n1,\n"), HasSubstr("the scroll of 1, found none"));
}

TEST(ScrollTable, RefusesAnIdTwiceAndSaysWhere) {
  EXPECT_THAT(refusal_of("id,scroll_id\n1,2\n1,2\n"),
              HasSubstr("byte 17: line 3: id 1 is listed twice"));
}

}  // namespace
}  // namespace stoker
