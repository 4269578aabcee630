// --filter: what each form selects, how operators bind, and where a fault in the text is.
#include "tools/sample_filter.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/sample/list_reader.h"

namespace stoker {
namespace {
using ::testing::HasSubstr;

class SampleFilterTest : public ::testing::Test {
 protected:
  // The names for which the filter is true, one after the other.
  std::string chosen(const std::string& text) const {
    const SampleFilter filter = parse_sample_filter(text, source_);
    std::string names;
    for (uint64_t i = 0; i < source_.items().size(); ++i) {
      if (filter(i)) names += source_.items()[i].name;
    }
    return names;
  }

  std::string fault_of(const std::string& text) const {
    try {
      chosen(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.message();
    }
    return "no fault";
  }

  testing::ListReader source_{{{"a", 0, 0}, {"b", 0, 1}, {"c", 1, 2}, {"d", 1, 0}},
                              {"cat", "big dog", "and"},
                              {"train", "val"}};
};

TEST_F(SampleFilterTest, EachKeyAndSign) {
  EXPECT_EQ(chosen("name = b"), "b");
  EXPECT_EQ(chosen("name != b"), "acd");
  EXPECT_EQ(chosen("name ~ [ad]"), "ad");
  EXPECT_EQ(chosen("name in a,c, d"), "acd");
  EXPECT_EQ(chosen("split = val"), "cd");
  EXPECT_EQ(chosen("class = cat"), "ad");
  EXPECT_EQ(chosen("class = 'big dog'"), "b");
  EXPECT_EQ(chosen("class ~ *dog"), "b");
  EXPECT_EQ(chosen("class in cat, \"and\""), "acd");
  EXPECT_EQ(chosen("label = 0"), "ad");
  EXPECT_EQ(chosen("label<2"), "abd");
  EXPECT_EQ(chosen("label <= 1"), "abd");
  EXPECT_EQ(chosen("label > 0"), "bc");
  EXPECT_EQ(chosen("label >= 2"), "c");
  EXPECT_EQ(chosen("label in 1,2"), "bc");
}

TEST_F(SampleFilterTest, AndBindsCloserThanOrAndNotCloserThanBoth) {
  EXPECT_EQ(chosen("name = a or split = val and class = cat"), "ad");
  EXPECT_EQ(chosen("(name = a or split = val) and class = and"), "c");
  EXPECT_EQ(chosen("not name = a and split = train"), "b");
  EXPECT_EQ(chosen("not (name = a or name = b)"), "cd");
  EXPECT_EQ(chosen("not not name = a"), "a");
}

TEST_F(SampleFilterTest, AQuotedWordIsAValue) {
  EXPECT_EQ(chosen("class = 'and'"), "c");
  EXPECT_EQ(chosen("name = 'a' or name = \"b\""), "ab");
}

TEST_F(SampleFilterTest, FaultsSayWhere) {
  EXPECT_THAT(fault_of(""), HasSubstr("at character 1: expected name, split, class or label"));
  EXPECT_THAT(fault_of("size = 3"), HasSubstr("at character 1"));
  EXPECT_THAT(fault_of("name = a or"), HasSubstr("found the end"));
  EXPECT_THAT(fault_of("name = a b"), HasSubstr("at character 10: unexpected 'b'"));
  EXPECT_THAT(fault_of("(name = a"), HasSubstr("expected ')'"));
  EXPECT_THAT(fault_of("name = 'a"), HasSubstr("at character 8: a quoted value has no end"));
  EXPECT_THAT(fault_of("name < a"), HasSubstr("'<' does not go with name"));
  EXPECT_THAT(fault_of("label ~ 3"), HasSubstr("at character 7"));
  EXPECT_THAT(fault_of("label = 3.5"), HasSubstr("expected a whole number, found '3.5'"));
  EXPECT_THAT(fault_of("class = cow"), HasSubstr("at character 9: there is no class 'cow'"));
  EXPECT_THAT(fault_of("class in cat,cow"), HasSubstr("there is no class 'cow'"));
}

}  // namespace
}  // namespace stoker
