#include "libdata/core/folder_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace {
bool file_system_has_locks = true;
}

// In front of the C library's, so that a file system without locks can be had anywhere.
extern "C" int flock(int descriptor, int kind) noexcept {
  if (!file_system_has_locks) {
    errno = ENOLCK;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_flock, descriptor, kind));
}

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FolderLockTest : public FolderTest {
 protected:
  // Another process that takes the lock and waits to be killed; its number.
  pid_t start_holder(const std::string& program, FolderLock::Sharing sharing) const {
    int ready[2];
    if (::pipe(ready) != 0) ADD_FAILURE() << "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
      const FolderLock lock(folder_, program, sharing);
      (void)!::write(ready[1], "x", 1);
      for (;;)
        ::pause();
    }
    char byte = 0;
    EXPECT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    return child;
  }

  static void kill_holder(pid_t child) {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }

  std::string refusal(FolderLock::Sharing sharing = FolderLock::Sharing::kAlone) const {
    try {
      const FolderLock lock(folder_, "second", sharing);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      return error.what();
    }
    return "";
  }

  static constexpr auto kAlone = FolderLock::Sharing::kAlone;
  static constexpr auto kShared = FolderLock::Sharing::kShared;
};

TEST_F(FolderLockTest, SecondProcessIsToldWhoHoldsTheFolder) {
  const pid_t holder = start_holder("first", kAlone);
  const std::string said = refusal();
  EXPECT_THAT(said, HasSubstr(folder_.string()));
  EXPECT_THAT(said, HasSubstr("first (process " + std::to_string(holder) + " on "));
  EXPECT_THAT(refusal(kShared), HasSubstr("first"));
  kill_holder(holder);
}

TEST_F(FolderLockTest, LockOfAKilledProcessIsTakenOver) {
  kill_holder(start_holder("first", kAlone));
  EXPECT_TRUE(fs::exists(folder_ / kFolderLockName));
  const FolderLock lock(folder_, "second");
  const std::string holders = read_text_file(folder_ / kFolderLockName);
  EXPECT_THAT(holders, HasSubstr("second (process"));
  EXPECT_THAT(holders, ::testing::Not(HasSubstr("first")));
}

TEST_F(FolderLockTest, NothingStaysWhenItIsLetGo) {
  { const FolderLock lock(folder_, "first"); }
  { const FolderLock lock(folder_, "first", kShared); }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(FolderLockTest, SharersGoTogetherAndKeepOthersOut) {
  const pid_t one = start_holder("part 1/2", kShared);
  const pid_t two = start_holder("part 2/2", kShared);
  const std::string said = refusal();
  EXPECT_THAT(said, HasSubstr("part 1/2"));
  EXPECT_THAT(said, HasSubstr("part 2/2"));
  kill_holder(one);
  EXPECT_NE(refusal(), "");
  { const FolderLock third(folder_, "part 3/3", kShared); }
  EXPECT_NE(refusal(), "") << "the second part is still at work";
  kill_holder(two);
  EXPECT_EQ(refusal(), "");
}

TEST_F(FolderLockTest, WithoutLocksThereIsAWarningAndNoRefusal) {
  file_system_has_locks = false;
  ::testing::internal::CaptureStdout();  // where the default logger writes
  {
    const FolderLock lock(folder_, "first");
    const FolderLock another(folder_, "second");
  }
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), HasSubstr("has no locks"));
  EXPECT_TRUE(fs::is_empty(folder_));
  file_system_has_locks = true;
}

TEST_F(FolderLockTest, FolderThatIsNotThereIsNotFound) {
  try {
    const FolderLock lock(folder_ / "none", "first");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

}  // namespace
}  // namespace stoker
