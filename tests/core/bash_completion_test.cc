#include "libdata/core/bash_completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/temp_folder.h"

namespace stoker {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

OptionTable tea_table() {
  OptionTable table;
  table.program = "make-tea";
  const auto add = [&](const std::vector<std::string>& names, const std::string& value,
                       const std::vector<std::string>& choices) {
    OptionRow row;
    row.names = names;
    row.value = value;
    row.choices = choices;
    table.rows.push_back(row);
  };
  add({"-l", "--leaf"}, "whole|dust", {"whole", "dust"});
  add({"--minutes"}, "N", {});
  add({"--milk"}, "", {});
  add({"--pot"}, "DIR", {});
  add({"--list"}, "FILE", {});
  return table;
}

// What bash itself makes of the script.
class BashCompletionTest : public FolderTest {
 protected:
  void SetUp() override {
    std::ofstream(folder_ / "script") << bash_completion(tea_table());
    std::filesystem::create_directories(folder_ / "in/a pot");
    std::ofstream(folder_ / "in/a list") << "";
  }

  // `words`: the command line as bash splits it, quoted for a shell; the last is being completed.
  std::vector<std::string> complete(const std::string& words) const {
    const std::string command = "cd '" + (folder_ / "in").string() +
                                "' && bash -c 'source ../script; COMP_WORDS=(" + words +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _stoker_make_tea; "
                                "printf \"%s\\n\" \"${COMPREPLY[@]}\"'";
    std::vector<std::string> offered;
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return {"no bash"};
    std::array<char, 256> line;
    while (std::fgets(line.data(), line.size(), pipe) != nullptr) {
      std::string text = line.data();
      if (!text.empty() && text.back() == '\n') text.pop_back();
      if (!text.empty()) offered.push_back(text);
    }
    EXPECT_EQ(::pclose(pipe), 0);
    return offered;
  }
};

TEST_F(BashCompletionTest, OffersTheNamesThatBeginSo) {
  EXPECT_THAT(complete("make-tea --mi"), UnorderedElementsAre("--minutes", "--milk"));
  EXPECT_THAT(complete("make-tea -l whole --l"), UnorderedElementsAre("--leaf", "--list"));
}

TEST_F(BashCompletionTest, OffersChoicesAlsoAfterAnEqualsSign) {
  EXPECT_THAT(complete("make-tea --leaf \"\""), UnorderedElementsAre("whole", "dust"));
  EXPECT_THAT(complete("make-tea -l d"), UnorderedElementsAre("dust"));
  EXPECT_THAT(complete("make-tea --leaf ="), UnorderedElementsAre("whole", "dust"));
  EXPECT_THAT(complete("make-tea --leaf = w"), UnorderedElementsAre("whole"));
}

TEST_F(BashCompletionTest, OffersFoldersFilesOrNothingAsTheValueAsks) {
  EXPECT_THAT(complete("make-tea --pot a"), UnorderedElementsAre("a pot"));
  EXPECT_THAT(complete("make-tea --list a"), UnorderedElementsAre("a pot", "a list"));
  EXPECT_THAT(complete("make-tea --milk a"), UnorderedElementsAre("a pot", "a list"));
  EXPECT_THAT(complete("make-tea --minutes \"\""), IsEmpty());
}

}  // namespace
}  // namespace stoker
