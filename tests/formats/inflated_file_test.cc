#include "formats/inflated_file.h"
#include "formats/gzip_bytes.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <thread>

#include "formats/gzip_bytes.h"
#include "libdata/core/error.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;

// Half text, half noise, so that deflate blocks are of several kinds.
Bytes data_of(size_t size) {
  std::mt19937 random(7);
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = (i / 50000) % 2 == 0 ? static_cast<uint8_t>("stoker "[i % 7])
                                    : static_cast<uint8_t>(random());
  return bytes;
}

// By zlib itself.
Bytes deflated(const Bytes& data, int window_bits, int level = 6) {
  z_stream z{};
  deflateInit2(&z, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  Bytes out(deflateBound(&z, data.size()) + 64);
  z.next_in = const_cast<uint8_t*>(data.data());
  z.avail_in = static_cast<uInt>(data.size());
  z.next_out = out.data();
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

class InflatedFileTest : public FolderTest {
 protected:
  std::unique_ptr<InflatedFile> open(const Bytes& bytes, uint64_t block_bytes = 100000) const {
    write_file_atomically(folder_ / "data", bytes);
    return std::make_unique<InflatedFile>(RangeFile(folder_ / "data"), block_bytes);
  }

  static void expect_ranges(const InflatedFile& file, const Bytes& data) {
    std::mt19937 random(3);
    for (int i = 0; i < 200; ++i) {
      const size_t begin = random() % data.size();
      const size_t size = std::min<size_t>(random() % 300000, data.size() - begin);
      Bytes read(size);
      file.read(begin, read);
      ASSERT_TRUE(
          std::equal(read.begin(), read.end(), data.begin() + static_cast<std::ptrdiff_t>(begin)))
          << begin << " " << size;
    }
  }
};

TEST_F(InflatedFileTest, AnyRangeIsReadInAnyOrder) {
  const Bytes data = data_of(3000000);
  for (const int window : {kGzip, kZlib}) {
    for (const int level : {0, 1, 9}) {
      const auto file = open(deflated(data, window, level));
      expect_ranges(*file, data);
      EXPECT_EQ(file->size(), data.size());
      EXPECT_EQ(file->read_up_to(data.size() - 5, 100).size(), 5u);
      EXPECT_TRUE(file->read_up_to(data.size() + 5, 100).empty());
    }
  }
}

TEST_F(InflatedFileTest, MembersOneAfterTheOtherAreOneFile) {
  const Bytes data = data_of(2000000);
  Bytes joined;
  for (size_t begin = 0; begin < data.size(); begin += 64000) {  // as bgzip does
    const Bytes piece(
        data.begin() + static_cast<std::ptrdiff_t>(begin),
        data.begin() + static_cast<std::ptrdiff_t>(std::min(begin + 64000, data.size())));
    const Bytes member = deflated(piece, kGzip);
    joined.insert(joined.end(), member.begin(), member.end());
  }
  joined.resize(joined.size() + 700, 0);  // padding, which gzip passes over
  expect_ranges(*open(joined), data);
  joined.push_back(1);
  EXPECT_THROW(open(joined)->size(), Error);
}

TEST_F(InflatedFileTest, BlocksSmallerThanTheWindowKeepAllOfIt) {
  const Bytes data = data_of(500000);
  const auto file = open(deflated(data, kGzip, 1), 1);
  EXPECT_EQ(file->size(), data.size());
  expect_ranges(*file, data);
}

TEST_F(InflatedFileTest, ManyThreadsReadTheSame) {
  const Bytes data = data_of(3000000);
  const auto file = open(deflated(data, kGzip));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] { expect_ranges(*file, data); });
  for (std::thread& thread : threads)
    thread.join();
}

TEST_F(InflatedFileTest, CutAndDamagedFilesAreRefused) {
  const Bytes whole = deflated(data_of(300000), kGzip);
  for (size_t size = 0; size + 1 < whole.size(); size += size < 64 ? 1 : 997) {
    if (size == 0) continue;
    const auto file = open(prefix_of(whole, size));
    EXPECT_THROW(file->size(), Error) << size;
    EXPECT_THROW(file->size(), Error) << size;  // for good
  }
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    Bytes damaged = whole;
    const size_t place = 10 + random() % (damaged.size() - 10);  // behind the header's times
    damaged[place] = static_cast<uint8_t>(damaged[place] ^ (1 + random() % 255));
    EXPECT_THROW(open(damaged)->size(), Error) << place;
  }
}

TEST(ByteSource, KnowsDeflatedFilesByTheirFront) {
  EXPECT_TRUE(looks_like_gzip(deflated({1, 2, 3}, kGzip)));
  for (const int level : {0, 1, 6, 9})
    EXPECT_TRUE(has_zlib_front(deflated({1, 2, 3}, kZlib, level)));
  EXPECT_FALSE(looks_like_gzip(as_bytes("plain")) || has_zlib_front(as_bytes("plain")));
  EXPECT_FALSE(looks_like_gzip(as_bytes("x")) || has_zlib_front(as_bytes("x")));
}

}  // namespace
}  // namespace stoker
