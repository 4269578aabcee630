#include "libdata/core/manual_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace stoker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

OptionRow row(const std::string& name, const std::string& value, const std::string& description) {
  OptionRow made;
  made.names = {name};
  made.shown_names = name;
  made.value = value;
  made.description = description;
  made.theme = "Tea";
  return made;
}

OptionTable tea_table() {
  OptionTable table{"make-tea", "Makes tea.", {}, {"Tea", kCommonTheme}, ""};
  table.rows.push_back(row("--leaf", "whole|dust", "Its cut"));
  table.rows.back().default_value = "whole";
  table.rows.push_back(row("--pot", "DIR", "Which pot"));
  table.rows.back().required = true;
  table.rows.push_back(row("--quiet", "", "Say nothing"));
  table.rows.back().theme = kCommonTheme;
  return table;
}

TEST(ManualPageTest, HasNameSynopsisAndOptionsByTheme) {
  const std::string page = manual_page(tea_table(), "1.2.3");
  EXPECT_THAT(page, HasSubstr(".TH MAKE\\-TEA 1 \"\" \"stoker 1.2.3\""));
  EXPECT_THAT(page, HasSubstr(".SH NAME\nmake\\-tea \\- Makes tea\n"));
  EXPECT_THAT(page, HasSubstr(".SH SYNOPSIS\n\\fBmake\\-tea\\fR \\-\\-pot DIR [OPTIONS]\n"));
  EXPECT_THAT(page, HasSubstr(".SS Tea\n.TP\n\\fB\\-\\-leaf\\fR \\fIwhole|dust\\fR\nIts cut\n"
                              "(default whole)\n"));
  EXPECT_THAT(page, HasSubstr("Which pot\n(required)\n"));
  EXPECT_LT(page.find("\\-\\-pot\\fR"), page.find(".SS Every program"));
  EXPECT_GT(page.find("\\-\\-quiet\\fR"), page.find(".SS Every program"));
}

// A line of roff that begins with a dot or a quote is a request, and a backslash begins an escape.
TEST(ManualPageTest, WordsOfAnOptionAreNeverRoff) {
  OptionTable table = tea_table();
  table.rows[0].description = ".so /etc/passwd";
  table.rows[1].description = "'quoted' \\fB and `this`\n.so /etc/passwd";
  const std::string page = manual_page(table, "1");
  EXPECT_THAT(page, HasSubstr("\n\\&.so /etc/passwd"));
  EXPECT_THAT(page, HasSubstr("\n\\(aqquoted\\(aq \\efB and \\(gathis\\(ga .so /etc/passwd"));
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, Not(::testing::StartsWith(".so")));
    EXPECT_THAT(line, Not(::testing::StartsWith("'")));
  }
}

}  // namespace
}  // namespace stoker
