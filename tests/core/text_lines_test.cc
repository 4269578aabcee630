#include "libdata/core/text_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "libdata/core/error.h"

namespace stoker {
namespace {
using namespace std::string_view_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::tuple<std::string, uint64_t, uint64_t>> lines_of(std::string_view text) {
  std::vector<std::tuple<std::string, uint64_t, uint64_t>> lines;
  for (const TextLine& line : text_lines(text))
    lines.emplace_back(line.text, line.number, line.offset_bytes);
  return lines;
}

Error refusal(std::string_view text) {
  try {
    text_lines(text);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(ErrorCode::kInternal, "");
}

TEST(TextLines, EndInLfCrlfOrCr) {
  for (const char* text : {"a\nb", "a\nb\n"})
    EXPECT_THAT(lines_of(text), ElementsAre(std::tuple("a", 1, 0), std::tuple("b", 2, 2))) << text;
  for (const char* text : {"a\r\nb", "a\r\nb\r\n"})
    EXPECT_THAT(lines_of(text), ElementsAre(std::tuple("a", 1, 0), std::tuple("b", 2, 3))) << text;
  EXPECT_THAT(lines_of("a\rb\r"), ElementsAre(std::tuple("a", 1, 0), std::tuple("b", 2, 2)));
  EXPECT_THAT(lines_of("\n\r\n\r\rx"),
              ElementsAre(std::tuple("", 1, 0), std::tuple("", 2, 1), std::tuple("", 3, 3),
                          std::tuple("", 4, 4), std::tuple("x", 5, 5)));
  EXPECT_THAT(lines_of(""), IsEmpty());
}

TEST(TextLines, ByteOrderMarkIsPassedOverAndCountsInOffsets) {
  EXPECT_THAT(lines_of("\xef\xbb\xbf"
                       "a\nb"),
              ElementsAre(std::tuple("a", 1, 3), std::tuple("b", 2, 5)));
  EXPECT_THAT(lines_of("\xef\xbb\xbf"), IsEmpty());
  // Only in front: elsewhere it is a character like others.
  EXPECT_EQ(plain_text("a\xef\xbb\xbf"), "a\xef\xbb\xbf");
}

// "id" as Python's codecs write it: 'id'.encode('utf-16'), 'utf-16-le', 'utf-32-be' ...
TEST(TextLines, OtherEncodingsAreRefusedByName) {
  const std::vector<std::pair<std::string_view, const char*>> texts{
      {"\xff\xfei\0d\0"sv, "UTF-16 (little-endian)"},
      {"\xfe\xff\0i\0d"sv, "UTF-16 (big-endian)"},
      {"i\0d\0"sv, "UTF-16 (little-endian)"},
      {"\0i\0d"sv, "UTF-16 (big-endian)"},
      {"\xff\xfe\0\0i\0\0\0d\0\0\0"sv, "UTF-32 (little-endian)"},
      {"\0\0\xfe\xff\0\0\0i\0\0\0d"sv, "UTF-32 (big-endian)"},
      {"i\0\0\0d\0\0\0"sv, "UTF-32 (little-endian)"},
      {"\0\0\0i\0\0\0d"sv, "UTF-32 (big-endian)"}};
  for (const auto& [text, encoding] : texts) {
    const Error error = refusal(text);
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << encoding;
    EXPECT_THAT(error.message(), HasSubstr("found " + std::string(encoding) + ": save this"));
  }
}

TEST(TextLines, ANulByteElsewhereIsDamage) {
  const Error error = refusal("id,name\n1,\0x\n"sv);
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_EQ(error.offset_bytes(), 10u);
}

}  // namespace
}  // namespace stoker
