// --help of every program has one look.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "tests/cli/command.h"

namespace stoker {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

// Programs are what the build made in its bin folder.
class HelpTest : public testing::CommandTest, public ::testing::WithParamInterface<const char*> {};

TEST_P(HelpTest, IsGroupedByThemeInLinesThatFit) {
  const std::string program = GetParam();
  if (!std::filesystem::exists(std::filesystem::path(STOKER_BIN_DIR) / program)) {
    GTEST_SKIP() << program << " was not built";
  }
  const auto result = run(program + " --help");
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(result.out, HasSubstr("\nUsage: " + program));
  EXPECT_THAT(result.out, HasSubstr("\nEvery program:\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("\nOptions:\n"))) << "an option has no theme";
  for (const char* noise : {"->", "[]", "=\"", "{", " in [", "(default )", "(default false)"})
    EXPECT_THAT(result.out, Not(HasSubstr(noise)));
  size_t themes = 0;
  std::istringstream lines(result.out);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 100u) << line;
    themes += !line.empty() && line.front() != ' ' && line.back() == ':';
  }
  EXPECT_GE(themes, 2u);
}

// Names of options as --help lists them, without dashes.
std::set<std::string> options_in(const std::string& help) {
  static const std::regex kName("--(\\[no-\\])?([a-z][a-z0-9-]*)");
  std::set<std::string> names;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (line.starts_with("  -") && std::regex_search(line, found, kName)) names.insert(found[2]);
  }
  return names;
}

TEST_P(HelpTest, ManualPageAndCompletionHaveTheSameOptions) {
  const std::string program = GetParam();
  if (!std::filesystem::exists(std::filesystem::path(STOKER_BIN_DIR) / program)) {
    GTEST_SKIP() << program << " was not built";
  }
  const std::set<std::string> options = options_in(run(program + " --help").out);
  EXPECT_GE(options.size(), 5u);
  const auto page =
      run(program + " --manual-page > page.1 && groff -man -ww -Tascii -P-cbou page.1");
  EXPECT_EQ(page.exit_code, 0) << page.err;
  EXPECT_EQ(page.err, "");
  const auto completion = run(program + " --bash-completion");
  EXPECT_EQ(completion.exit_code, 0) << completion.err;
  for (const std::string& name : options) {
    EXPECT_THAT(page.out, ContainsRegex("[]-]" + name + "[^a-z0-9-]")) << name;
    EXPECT_THAT(completion.out, ContainsRegex("--" + name + "[^a-z0-9-]")) << name;
  }
  EXPECT_EQ(run(program + " --bash-completion > script && bash -n script").exit_code, 0);
}

INSTANTIATE_TEST_SUITE_P(EveryProgram, HelpTest,
                         ::testing::Values("convert-dataset", "pack-imagenet", "pack-volumes",
                                           "precompute-features", "verify-dataset",
                                           "inspect-dataset", "bench-loader", "train", "predict",
                                           "make-sample-imagenet", "make-sample-scrolls"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace stoker
