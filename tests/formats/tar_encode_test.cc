#include "formats/tar_encode.h"

#include <gtest/gtest.h>

#include <string>

#include "formats/tar.h"
#include "libdata/core/files.h"
#include "tests/formats/tar_builder.h"

namespace stoker {
namespace {

std::string path_of(size_t size) {  // of parts of nine letters
  std::string path;
  while (path.size() + 1 < size)
    path += path.size() % 10 == 9 ? '/' : 'x';
  return path + 'x';  // a name that ends in a slash is a folder's
}

TEST(TarEncode, HeaderIsTheOneOfPosix) {
  Bytes header;
  append_tar_header("a/b.jpg", 1000, header);
  ASSERT_EQ(header.size(), 512u);
  const std::string_view text = as_text(header);
  EXPECT_EQ(text.substr(0, 8), std::string_view("a/b.jpg\0", 8));
  EXPECT_EQ(text.substr(100, 8), std::string_view("0000444\0", 8));
  EXPECT_EQ(text.substr(108, 16), std::string_view("0000000\0"
                                                   "0000000\0",
                                                   16));
  EXPECT_EQ(text.substr(124, 12), std::string_view("00000001750\0", 12));
  EXPECT_EQ(text.substr(136, 12), std::string_view("00000000000\0", 12));
  EXPECT_EQ(text[156], '0');
  EXPECT_EQ(text.substr(257, 8), std::string_view("ustar\0"
                                                  "00",
                                                  8));
  // Bytes of the header summed up by hand, the checksum as eight spaces.
  uint32_t sum = 0;
  for (size_t i = 0; i < 512; ++i)
    sum += i >= 148 && i < 156 ? ' ' : header[i];
  EXPECT_EQ(std::stoul(std::string(text.substr(148, 6)), nullptr, 8), sum);
}

TEST(TarEncode, NamesOfEveryLengthComeBack) {
  for (const size_t size : {1u, 99u, 100u, 101u, 150u, 250u, 254u, 255u, 256u, 257u, 300u, 1000u}) {
    const std::string name = path_of(size);
    const Bytes archive = testing::tar_of({{name, "body"}, {"next.txt", ""}});
    EXPECT_EQ(archive.size() % 10240, 0u);
    const std::vector<TarMember> members = list_tar(tar_bytes(archive));
    ASSERT_EQ(members.size(), 2u) << size;
    EXPECT_EQ(members[0].name, name);
    EXPECT_EQ(members[0].size_bytes, 4u);
    EXPECT_EQ(members[1].name, "next.txt");
  }
}

TEST(TarEncode, LongNameWithoutSlashTakesAPaxHeader) {
  const std::string name(200, 'n');
  const Bytes archive = testing::tar_of({{name, "x"}});
  EXPECT_EQ(archive[156], 'x');
  // "210 path=" + 200 letters + newline are 210 bytes.
  EXPECT_EQ(as_text(archive).substr(512, 12), "210 path=nnn");
  EXPECT_EQ(list_tar(tar_bytes(archive)).front().name, name);
}

TEST(TarEncode, SizeBeyondOctalTakesAPaxHeader) {
  Bytes header;
  append_tar_header("big", (uint64_t{1} << 33) - 1, header);
  EXPECT_EQ(header.size(), 512u);
  header.clear();
  append_tar_header("big", uint64_t{1} << 33, header);
  ASSERT_EQ(header.size(), 3 * 512u);
  EXPECT_EQ(as_text(header).substr(512, 19), "19 size=8589934592\n");
}

}  // namespace
}  // namespace stoker
