#include "libdata/core/mapping_guard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

constexpr uint64_t kBytes = 40000;
constexpr uint64_t kLeft = 8192;  // two pages

class MappingGuardTest : public FolderTest {
 protected:
  std::filesystem::path write_file(const char* name) {
    const std::filesystem::path path = folder_ / name;
    write_file_atomically(path, std::string(kBytes, 'x'));
    return path;
  }
  static uint8_t read_at(const MappedFile& file, uint64_t offset) {
    return *static_cast<const volatile uint8_t*>(file.bytes().data() + offset);
  }
};

using MappingGuardDeathTest = MappingGuardTest;

TEST_F(MappingGuardDeathTest, AShortenedFileIsNamedWithItsOffsetAndExitCode3) {
  const std::filesystem::path path = write_file("shard.stk");
  EXPECT_EXIT(
      {
        install_mapping_guard("read-shards");
        const MappedFile other(write_file("other"));
        MappedFile first(path);
        const MappedFile file = std::move(first);
        std::filesystem::resize_file(path, kLeft);
        read_at(file, kLeft - 1);
        read_at(file, 20000);
      },
      ::testing::ExitedWithCode(3),
      "^read-shards: error: .*shard.stk: at byte 20000: cannot be read any more");
}

TEST_F(MappingGuardDeathTest, FaultsElsewhereAndSignalsSentStayWhatTheyWere) {
  const std::filesystem::path path = write_file("shard.stk");
  EXPECT_EXIT(
      {
        install_mapping_guard("read-shards");
        { const MappedFile closed(path); }
        const MappedFile open(path);
        ::raise(SIGBUS);
      },
      ::testing::KilledBySignal(SIGBUS), "^$");
}

TEST_F(MappingGuardTest, ClosedMappingsMakeRoomForOthers) {
  const std::filesystem::path path = write_file("shard.stk");
  std::vector<MappedFile> files;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i)
      files.emplace_back(path);
    files.erase(files.begin(), files.begin() + 10);
  }
  for (const MappedFile& file : files)
    EXPECT_EQ(read_at(file, kBytes - 1), 'x');
}

TEST_F(MappingGuardTest, PreadOfAShortenedFileIsAnErrorOfTheSystemNotOfTheData) {
  const std::filesystem::path path = write_file("shard.stk");
  const RangeFile file(path);
  std::filesystem::resize_file(path, kLeft);
  try {
    file.read(kLeft - 10, 20);
    FAIL() << "read past the end";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
    EXPECT_EQ(error.offset_bytes(), kLeft);
    EXPECT_EQ(error.path(), path.string());
  }
}

}  // namespace
}  // namespace stoker
