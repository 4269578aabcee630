#include "libdata/core/help_layout.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "libdata/core/choice_option.h"

namespace stoker {
namespace {

enum class Tea { kGreen, kBlack };

class HelpLayoutTest : public ::testing::Test {
 protected:
  HelpLayoutTest() { use_help_layout(app_); }

  // The line of the help that has `text`; a test that finds none fails on an empty line.
  std::string line_with(const std::string& text) const {
    std::istringstream help(app_.help());
    for (std::string line; std::getline(help, line);)
      if (line.find(text) != std::string::npos) return line;
    return "";
  }

  CLI::App app_{"Makes tea.", "make-tea"};
};

TEST_F(HelpLayoutTest, ShowsChoicesWithTheirDefaultOnOneLine) {
  Tea tea = Tea::kGreen;
  begin_options(app_, "Tea");
  add_choice(app_, "--tea", tea, {{"black", Tea::kBlack}, {"green", Tea::kGreen}}, "What to brew");
  EXPECT_EQ(line_with("--tea"), "  --tea black|green           What to brew (default green)");
}

TEST_F(HelpLayoutTest, AChoiceIsReadInAnyLetterCaseAndOthersAreRefusedByName) {
  Tea tea = Tea::kGreen;
  add_choice(app_, "--tea", tea, {{"black", Tea::kBlack}, {"green", Tea::kGreen}}, "What to brew");
  app_.parse("--tea BLACK");
  EXPECT_EQ(tea, Tea::kBlack);
  try {
    app_.parse("--tea mint");
    FAIL() << "mint was taken";
  } catch (const CLI::ParseError& error) {
    EXPECT_EQ(std::string(error.what()), "--tea: expected black, green, found 'mint'");
  }
}

TEST_F(HelpLayoutTest, AnAbsentChoiceLeavesTheValueAlone) {
  std::string cup = "large";
  add_choice(app_, "--cup", cup, {"small", "large"}, "Its size");
  app_.parse("");
  EXPECT_EQ(cup, "large");
  app_.parse("--cup Small");
  EXPECT_EQ(cup, "small");
}

TEST_F(HelpLayoutTest, SetsOfNamesAreChoicesAndOtherChecksAreNotShown) {
  std::string leaf = "whole";
  int minutes = 3;
  app_.option_defaults()->always_capture_default();
  app_.add_option("--leaf", leaf, "Its cut")->check(CLI::IsMember({"whole", "dust"}));
  app_.add_option("--minutes", minutes, "To wait")->check(CLI::Range(1, 60));
  EXPECT_EQ(line_with("--minutes"), "  --minutes N                 To wait (default 3)");
  EXPECT_NE(line_with("--leaf").find("whole"), std::string::npos);
  EXPECT_EQ(line_with("--leaf").find("{"), std::string::npos);
}

TEST_F(HelpLayoutTest, EmptyDefaultsAndFlagsSayNothing) {
  std::string name;
  std::vector<double> sugars;
  bool milk = false;
  bool warm = true;
  app_.option_defaults()->always_capture_default();
  app_.add_option("--name", name, "Of the guest");
  app_.add_option("--sugars", sugars, "Grams of each");
  app_.add_flag("--milk", milk, "With milk");
  app_.add_flag("--warm,!--no-warm", warm, "A warm cup (default), or not");
  EXPECT_EQ(line_with("--name"), "  --name TEXT                 Of the guest");
  EXPECT_EQ(line_with("--sugars"), "  --sugars X...               Grams of each");
  EXPECT_EQ(line_with("--milk"), "  --milk                      With milk");
  EXPECT_EQ(line_with("warm"), "  --[no-]warm                 A warm cup (default), or not");
}

TEST_F(HelpLayoutTest, RequiredOptionsStandInTheUsageLine) {
  std::string pot;
  std::string water;
  app_.add_option("--pot", pot, "Which pot")->required()->type_name("POT");
  app_.add_option("water", water, "From where")->required();
  EXPECT_EQ(line_with("Usage"), "Usage: make-tea --pot POT water [OPTIONS]");
  EXPECT_EQ(line_with("--pot POT  "), "  --pot POT                   Which pot (required)");
}

TEST_F(HelpLayoutTest, LongTextIsWrappedAtTheColumnOfDescriptions) {
  std::string story;
  app_.add_option("--story", story,
                  "Told while the tea is drawing: it should be longer than a line of one hundred "
                  "characters, or this test would see nothing of what it is about");
  std::istringstream help(app_.help());
  bool seen = false;
  for (std::string line; std::getline(help, line);) {
    EXPECT_LE(line.size(), 100U) << line;
    if (line.find("this test") != std::string::npos) {
      EXPECT_EQ(line.find_first_not_of(' '), 30U) << line;
      seen = true;
    }
  }
  EXPECT_TRUE(seen);
}

TEST_F(HelpLayoutTest, ThemesKeepTheirOrderAndTheCommonOneIsLast) {
  bool flag = false;
  begin_options(app_, kCommonTheme);
  app_.add_flag("--quiet", flag, "Say nothing");
  begin_options(app_, "Water");
  app_.add_flag("--hard", flag, "As it is");
  begin_options(app_, "Tea");
  app_.add_flag("--loose", flag, "No bag");
  const std::string help = app_.help();
  const size_t water = help.find("\nWater:\n");
  const size_t tea = help.find("\nTea:\n");
  const size_t common = help.find("\nEvery program:\n");
  ASSERT_NE(common, std::string::npos);
  EXPECT_LT(water, tea);
  EXPECT_LT(tea, common);
  EXPECT_GT(help.find("--help"), common);
}

}  // namespace
}  // namespace stoker
