#include "libdata/core/files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "libdata/core/error.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

class FilesTest : public FolderTest {
 protected:
};

TEST_F(FilesTest, AtomicFileIsInvisibleUntilFinished) {
  const fs::path path = folder_ / "a";
  AtomicFile file(path);
  file.write(as_bytes("half"));
  EXPECT_FALSE(fs::exists(path));
  file.write(as_bytes(" whole"));
  file.finish();
  EXPECT_EQ(read_text_file(path), "half whole");
  EXPECT_FALSE(fs::exists(folder_ / "a.tmp"));
}

TEST_F(FilesTest, OwnNameIsThatInTheFolderAbove) {
  for (const char* path : {"x", "x/", "x/.", "./x", "a/x", "/a/x//", "x/y/.."})
    EXPECT_EQ(own_name(path), "x") << path;
  EXPECT_EQ(own_name("."), fs::current_path().filename());
}

TEST_F(FilesTest, AbandonedAtomicFileLeavesTheOldOne) {
  const fs::path path = folder_ / "a";
  write_file_atomically(path, "old");
  {
    AtomicFile file(path);
    file.write(as_bytes("new"));
  }
  EXPECT_EQ(read_text_file(path), "old");
  EXPECT_FALSE(fs::exists(folder_ / "a.tmp"));
}

TEST_F(FilesTest, GatheredWriteKeepsOrderPastTheVectorLimit) {
  std::vector<std::string> texts;
  std::string expected;
  for (int i = 0; i < 200; ++i)
    texts.push_back(std::to_string(i) + ",");
  std::vector<ByteSpan> pieces;
  for (const std::string& text : texts) {
    pieces.push_back(as_bytes(text));
    expected += text;
  }
  AtomicFile file(folder_ / "a");
  file.write_gathered(pieces);
  EXPECT_EQ(file.size(), expected.size());
  file.finish();
  EXPECT_EQ(read_text_file(folder_ / "a"), expected);
}

TEST_F(FilesTest, MapsAndReadsTheSameBytes) {
  write_file_atomically(folder_ / "a", "0123456789");
  const MappedFile mapped(folder_ / "a", AccessPattern::kRandom);
  EXPECT_EQ(as_text(mapped.bytes()), "0123456789");
  const RangeFile range(folder_ / "a");
  EXPECT_EQ(as_text(range.read(3, 4)), "3456");
}

TEST_F(FilesTest, MapsAnEmptyFile) {
  write_file_atomically(folder_ / "a", "");
  EXPECT_TRUE(MappedFile(folder_ / "a").bytes().empty());
}

TEST_F(FilesTest, RangePastTheEndIsCorruptWithItsOffset) {
  write_file_atomically(folder_ / "a", "0123456789");
  try {
    (void)RangeFile(folder_ / "a").read(8, 3);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(error.offset_bytes(), 8u);
  }
}

TEST_F(FilesTest, MissingFileIsNotFound) {
  try {
    MappedFile missing(folder_ / "none");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST_F(FilesTest, FolderIsNoFile) {
  EXPECT_THROW(RangeFile{folder_}, Error);
}

TEST_F(FilesTest, WhatCannotBeWrittenIsSaidBeforeAndNothingIsLeft) {
  EXPECT_THROW(check_can_write(folder_ / "none" / "report.json"), Error);
  EXPECT_THROW(check_can_write(folder_), Error);
  check_can_write(folder_ / "report.json");
  EXPECT_TRUE(fs::is_empty(folder_));
  write_file_atomically(folder_ / "report.json", "old");
  check_can_write(folder_ / "report.json");
  EXPECT_EQ(read_text_file(folder_ / "report.json"), "old");
}

TEST_F(FilesTest, DeviceIsWrittenToAndStays) {
  check_can_write("/dev/null");
  write_file_atomically("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(FilesTest, LeftTemporaryGoesUnlessItIsBeingWritten) {
  std::ofstream(folder_ / "a.tmp") << "half";
  EXPECT_TRUE(remove_left_temporary(folder_ / "a.tmp"));
  EXPECT_FALSE(fs::exists(folder_ / "a.tmp"));
  const AtomicFile writing(folder_ / "b");
  EXPECT_FALSE(remove_left_temporary(folder_ / "b.tmp"));
  EXPECT_TRUE(fs::exists(folder_ / "b.tmp"));
}

TEST_F(FilesTest, ListsAreSortedInByteOrder) {
  for (const char* name : {"b", "a10", "a9", "B"})
    write_file_atomically(folder_ / name, "");
  std::vector<std::string> names;
  for (const fs::path& path : list_files(folder_))
    names.push_back(path.filename().string());
  EXPECT_EQ(names, (std::vector<std::string>{"B", "a10", "a9", "b"}));
}

}  // namespace
}  // namespace stoker
