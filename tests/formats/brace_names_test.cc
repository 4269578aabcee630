#include "formats/brace_names.h"

#include <gmock/gmock.h>

#include "libdata/core/error.h"

namespace stoker {
namespace {
using ::testing::ElementsAre;

// As bash 5.2 expands them.
TEST(BraceNames, ExpandAsInBash) {
  EXPECT_THAT(expand_braces("a-{008..011}.tar"),
              ElementsAre("a-008.tar", "a-009.tar", "a-010.tar", "a-011.tar"));
  EXPECT_THAT(expand_braces("{9..11}"), ElementsAre("9", "10", "11"));
  EXPECT_THAT(expand_braces("{x,y}{1..2}"), ElementsAre("x1", "x2", "y1", "y2"));
  EXPECT_THAT(expand_braces("plain.tar"), ElementsAre("plain.tar"));
  EXPECT_THAT(expand_braces("{one}"), ElementsAre("{one}"));
  EXPECT_THAT(expand_braces("{a}{1..2}"), ElementsAre("{a}1", "{a}2"));
  EXPECT_THAT(expand_braces("{3"), ElementsAre("{3"));
}

TEST(BraceNames, RefusesMoreThanAMillion) {
  EXPECT_THROW(expand_braces("{0..1000000}"), Error);
  EXPECT_THROW(expand_braces("{0..9999}{0..9999}"), Error);
}

}  // namespace
}  // namespace stoker
