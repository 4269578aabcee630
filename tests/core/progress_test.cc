#include "libdata/core/progress.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace stoker {
namespace {

// What a progress line looks like on a terminal of that name.
std::string painted_on(const char* terminal) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || ::grantpt(master) != 0 || ::unlockpt(master) != 0) return "";
  const int slave = ::open(::ptsname(master), O_RDWR | O_NOCTTY);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(slave, STDERR_FILENO);
    ::setenv("TERM", terminal, 1);
    { Progress("pack", "img", 2, false).add(2, 100); }
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  std::string text(4096, '\0');
  const ssize_t got = ::read(master, text.data(), text.size());
  text.resize(got > 0 ? static_cast<size_t>(got) : 0);
  ::close(slave);
  ::close(master);
  return text;
}

TEST(Progress, PlainTerminalGetsPlainLines) {
  const std::string text = painted_on("dumb");
  if (text.empty()) GTEST_SKIP() << "there are no pseudo-terminals here";
  EXPECT_THAT(text, ::testing::HasSubstr("pack: 2/2 img"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with('\n'));
}

TEST(Progress, OtherTerminalsGetOneLineThatIsPaintedOver) {
  const std::string text = painted_on("xterm");
  if (text.empty()) GTEST_SKIP() << "there are no pseudo-terminals here";
  EXPECT_THAT(text, ::testing::HasSubstr("\rpack: 2/2 img"));
  EXPECT_NE(text.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace stoker
