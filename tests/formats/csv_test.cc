#include "formats/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {
using ::testing::ElementsAre;

std::vector<std::vector<std::string>> cells_of(std::string_view text) {
  std::vector<std::vector<std::string>> cells;
  for (CsvRow& row : parse_csv_rows(text))
    cells.push_back(std::move(row.cells));
  return cells;
}

std::optional<uint64_t> refused_at(std::string_view text) {
  try {
    parse_csv_rows(text);
  } catch (const Error& error) {
    return error.offset_bytes();
  }
  return std::nullopt;
}

// The examples of RFC 4180, section 2.
TEST(CsvTest, ReadsTheExamplesOfTheRfc) {
  EXPECT_THAT(cells_of("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n"),
              ElementsAre(ElementsAre("aaa", "bbb", "ccc"), ElementsAre("zzz", "yyy", "xxx")));
  EXPECT_THAT(cells_of("\"aaa\",\"b \r\nbb\",\"ccc\"\r\nzzz,yyy,xxx"),
              ElementsAre(ElementsAre("aaa", "b \r\nbb", "ccc"), ElementsAre("zzz", "yyy", "xxx")));
  EXPECT_THAT(cells_of("\"aaa\",\"b\"\"bb\",\"c,c\""),
              ElementsAre(ElementsAre("aaa", "b\"bb", "c,c")));
}

TEST(CsvTest, ReadsWhatSpreadsheetProgramsWrite) {
  const auto expected = ElementsAre(ElementsAre("image", "label"), ElementsAre("a.jpg", "cat"));
  EXPECT_THAT(cells_of("\xef\xbb\xbfimage,label\r\na.jpg,cat\r\n"), expected);
  EXPECT_THAT(cells_of("image;label\na.jpg;cat\n"), expected);
  EXPECT_THAT(cells_of("image\tlabel\na.jpg\tcat"), expected);
  EXPECT_THAT(cells_of("sep=;\r\nimage;label\r\na.jpg;cat\r\n"), expected);
  EXPECT_THAT(cells_of("image,label\ra.jpg,cat\r"), expected);
  EXPECT_THAT(cells_of("image , label,,\n\n,,,\na.jpg, cat,,\n"), expected);
  EXPECT_THAT(cells_of("\"image\" ,\"label\"\n \"a.jpg\",\"cat\"\n"), expected);
  EXPECT_THAT(cells_of("\"im;ag;e\",label\na.jpg,"),
              ElementsAre(ElementsAre("im;ag;e", "label"), ElementsAre("a.jpg", "")));
  EXPECT_TRUE(cells_of("").empty());
  EXPECT_TRUE(cells_of("\xef\xbb\xbf\r\n").empty());
}

TEST(CsvTest, RowsKnowTheirPlace) {
  const std::vector<CsvRow> rows = parse_csv_rows("a,b\r\n\"1\n2\",x\n\n3,y");
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].line, 2u);
  EXPECT_EQ(rows[1].offset_bytes, 5u);
  EXPECT_EQ(rows[2].line, 5u);
  EXPECT_EQ(rows[2].offset_bytes, 14u);
}

TEST(CsvTest, DamageIsRefusedWithItsPlace) {
  EXPECT_EQ(refused_at("a,b\n1,\"x\n2,y\n"), 6u);
  EXPECT_EQ(refused_at("a,b\n1\n"), 4u);
  EXPECT_EQ(refused_at("a,b\n1,2,3\n"), 4u);
  EXPECT_EQ(refused_at("a,b\n\"1\"x,2\n"), 7u);
  EXPECT_EQ(refused_at(std::string_view("a\0b", 3)), 1u);
  EXPECT_EQ(refused_at("\xff\xfe"), 0u);
  EXPECT_THROW(parse_csv(""), Error);
}

TEST(CsvTest, ColumnsAreFoundByName) {
  const CsvTable table = parse_csv("Image_Name,patient id,TARGET\nx,y,z\n");
  EXPECT_EQ(table.find_column({"image", "imagename"}), 0u);
  EXPECT_EQ(table.find_column({"target", "imagename"}), 2u);
  EXPECT_EQ(table.find_column({"patient-id"}), 1u);
  EXPECT_FALSE(table.find_column({"label"}).has_value());
  EXPECT_EQ(table.rows.size(), 1u);
}

}  // namespace
}  // namespace stoker
