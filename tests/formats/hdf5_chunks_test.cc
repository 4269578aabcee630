// What HDF5 support does to bytes: filters, boxes, chunks of rows, the cache. Without libhdf5.
#include <gmock/gmock.h>

#include <numeric>

#include "formats/hdf5/box_copy.h"
#include "formats/hdf5/chunk_cache.h"
#include "formats/hdf5/chunk_filters.h"
#include "formats/hdf5/element_conversion.h"
#include "formats/hdf5/row_chunks.h"
#include "libdata/core/error.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/parallel.h"

namespace stoker {
namespace {
using ::testing::ElementsAre;

Bytes counting(size_t count) {
  Bytes bytes(count);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

TEST(ChunkFilters, ShuffleGathersEqualPlaces) {
  const Bytes elements{1, 2, 3, 4, 11, 12, 13, 14, 99};  // two of four bytes, one left over
  Bytes shuffled(9);
  shuffle_bytes(elements, 4, shuffled);
  EXPECT_THAT(shuffled, ElementsAre(1, 11, 2, 12, 3, 13, 4, 14, 99));
  for (const size_t width : {1u, 2u, 3u, 4u, 8u}) {
    const Bytes bytes = counting(67);
    Bytes there(67);
    Bytes back(67);
    shuffle_bytes(bytes, width, there);
    unshuffle_bytes(there, width, back);
    EXPECT_EQ(back, bytes) << width;
  }
}

// Fletcher-32 over big-endian words, as the library has it: worked out by hand.
TEST(ChunkFilters, Fletcher32OfFewBytes) {
  EXPECT_EQ(fletcher32(Bytes{0, 1}), 0x00010001u);
  EXPECT_EQ(fletcher32(Bytes{0, 1, 0, 2}), 0x00040003u);  // 1 + 3 and 1 + 2
  EXPECT_EQ(fletcher32(Bytes{0, 1, 2}), 0x02020201u);     // an odd byte counts as 0x0200
}

TEST(ChunkFilters, WhatIsDamagedIsRefused) {
  const Bytes plain = counting(200);
  Bytes packed;
  Deflater(4).pack(plain, packed);
  const std::vector<ChunkFilter> deflate{{kDeflateFilter, 1}};
  Bytes out(200);
  unpack_chunk(deflate, 0, packed, out);
  EXPECT_EQ(out, plain);
  for (size_t size = 0; size < packed.size(); ++size)
    EXPECT_THROW(unpack_chunk(deflate, 0, ByteSpan(packed).first(size), out), Error) << size;
  Bytes shorter(199);
  EXPECT_THROW(unpack_chunk(deflate, 0, packed, shorter), Error);
  Bytes longer(201);
  EXPECT_THROW(unpack_chunk(deflate, 0, packed, longer), Error);
  EXPECT_THROW(unpack_chunk(deflate, 1, packed, out), Error);  // as if it had not been packed
  const std::vector<ChunkFilter> sum{{kFletcher32Filter, 1}};
  Bytes summed = plain;
  summed.resize(204);
  store_le(summed.data() + 200, fletcher32(plain));
  unpack_chunk(sum, 0, summed, out);
  for (size_t at = 0; at < summed.size(); ++at) {
    Bytes damaged = summed;
    damaged[at] ^= 0x10;
    EXPECT_THROW(unpack_chunk(sum, 0, damaged, out), Error) << at;
  }
}

TEST(ChunkFilters, LzfOfTheFormatsOwnWords) {
  // Three letters, then from three back eight more, then one letter.
  const Bytes packed{2, 'a', 'b', 'c', 6 << 5, 2, 0, 'z'};
  Bytes out(12);
  unpack_chunk(std::vector<ChunkFilter>{{kLzfFilter, 1}}, 0, packed, out);
  EXPECT_EQ(std::string(out.begin(), out.end()), "abcabcabcabz");
  const Bytes before_start{2, 'a', 'b', 'c', 1 << 5, 3};
  Bytes six(6);
  EXPECT_THROW(unpack_chunk(std::vector<ChunkFilter>{{kLzfFilter, 1}}, 0, before_start, six),
               Error);
}

TEST(BoxCopy, PartOfABoxAndTurnedAxes) {
  // 3 x 4 elements of two bytes: element (y, x) is {y, x}.
  Bytes from;
  for (uint8_t y = 0; y < 3; ++y)
    for (uint8_t x = 0; x < 4; ++x)
      from.insert(from.end(), {y, x});
  Bytes to(2 * 2 * 2, 0xff);
  copy_box({{0, 0}, {3, 4}}, from, {{2, 1}, {2, 2}}, to, 2);  // its second row is outside
  EXPECT_THAT(to, ElementsAre(2, 1, 2, 2, 0xff, 0xff, 0xff, 0xff));
  Bytes turned(from.size());
  permute_axes({3, 4}, {1, 0}, from, turned, 2);
  for (size_t x = 0; x < 4; ++x)
    for (size_t y = 0; y < 3; ++y)
      EXPECT_THAT(Bytes(turned.begin() + static_cast<ptrdiff_t>(2 * (3 * x + y)),
                        turned.begin() + static_cast<ptrdiff_t>(2 * (3 * x + y) + 2)),
                  ElementsAre(y, x));
}

TEST(RowChunks, AboutOneMiBEach) {
  EXPECT_THAT(chunk_of_rows({DType::kUInt8, {96, 96, 3}}, 1000), ElementsAre(37, 96, 96, 3));
  EXPECT_THAT(chunk_of_rows({DType::kUInt8, {96, 96, 3}}, 5), ElementsAre(5, 96, 96, 3));
  EXPECT_THAT(chunk_of_rows({DType::kUInt16, {256, 256, 256}}, 9), ElementsAre(1, 64, 64, 128));
  EXPECT_THAT(chunk_of_rows({DType::kInt32, {}}, 10), ElementsAre(10));
}

// Every element of every row is in the chunk it belongs to, and nothing else is.
TEST(RowChunks, RowsComeBackFromTheirChunks) {
  const RowShape shape{DType::kUInt16, {100, 90, 70}};  // 1.2 MiB
  const auto row_bytes = static_cast<size_t>(shape.byte_count());
  RowChunker chunker(shape, 3);
  std::vector<RowChunk> chunks;
  std::vector<Bytes> rows;
  for (uint8_t r = 0; r < 3; ++r) {
    Bytes row(row_bytes);
    for (size_t i = 0; i < row_bytes; ++i)
      row[i] = static_cast<uint8_t>(i * 7 + i / 251 + r);
    chunker.append(row, chunks);
    rows.push_back(std::move(row));
  }
  chunker.finish(chunks);
  for (uint64_t r = 0; r < 3; ++r) {
    Bytes back(row_bytes);
    for (const RowChunk& chunk : chunks)
      copy_box({chunk.start, chunker.chunk()}, chunk.bytes, {{r, 0, 0, 0}, {1, 100, 90, 70}}, back,
               2);
    EXPECT_TRUE(back == rows[r]) << r;
  }
}

TEST(RowChunks, WhatDoesNotShrinkIsMarked) {
  RowChunk zeros{{0}, Bytes(1000, 0), 0};
  pack_chunk(1, 4, zeros);
  EXPECT_EQ(zeros.filter_mask, 0u);
  EXPECT_LT(zeros.bytes.size(), 100u);
  RowChunk few{{0}, {1, 2, 3, 4}, 0};
  pack_chunk(2, 4, few);
  EXPECT_EQ(few.filter_mask, 2u);  // shuffled, not deflated
  EXPECT_THAT(few.bytes, ElementsAre(1, 3, 2, 4));
}

TEST(ChunkCache, MakesEachChunkOnceAndKeepsToItsBudget) {
  ChunkCache cache(10 * 100);
  std::atomic<int> made = 0;
  const auto make = [&](uint64_t key) {
    ++made;
    return Bytes(100, static_cast<uint8_t>(key));
  };
  const ThreadLimit threads(4);
  run_parallel(1000,
               [&](uint64_t i) { EXPECT_EQ(cache.get(i % 10, 9, 2, make)->front(), i % 10); });
  EXPECT_EQ(made, 10);
  for (uint64_t key = 0; key < 30; ++key)
    cache.get(key, 29, 0, make);
  const int before = made;
  cache.get(29, 29, 0, make);
  EXPECT_EQ(made, before);
  cache.get(0, 29, 0, make);  // dropped long ago
  EXPECT_EQ(made, before + 1);
}

TEST(ChunkCache, AFaultIsForWhoeverAsked) {
  ChunkCache cache(1000);
  const auto fail = [](uint64_t) -> Bytes { throw Error(ErrorCode::kCorrupt, "damaged"); };
  EXPECT_THROW(cache.get(3, 9, 2, fail), Error);
  EXPECT_EQ(cache.get(3, 9, 2, [](uint64_t) { return Bytes(5, 1); })->size(), 5u);
}

Hdf5Type number_type(char number, uint64_t size, bool big_endian = false) {
  Hdf5Type type;
  type.kind = Hdf5Kind::kNumber;
  type.number = number;
  type.size_bytes = size;
  type.big_endian = big_endian;
  return type;
}

TEST(ElementConversion, NothingIsLostInSilence) {
  Bytes most(8, 0xff);
  EXPECT_THROW(make_neutral(number_type('u', 8), most), Error);
  Bytes large(8);
  store_le(large.data(), 1e39);
  EXPECT_THROW(make_neutral(number_type('f', 8), large), Error);
  Bytes infinite(8);
  store_le(infinite.data(), std::numeric_limits<double>::infinity());
  make_neutral(number_type('f', 8), infinite);
  EXPECT_EQ(load_le<float>(infinite.data()), std::numeric_limits<float>::infinity());
  Bytes wide{0, 0, 0, 200, 0xff, 0xff, 0xff, 0xff};  // two of uint32, big-endian
  make_neutral(number_type('u', 4, true), wide);
  ASSERT_EQ(wide.size(), 16u);
  EXPECT_EQ(load_le<int64_t>(wide.data()), 200);
  EXPECT_EQ(load_le<int64_t>(wide.data() + 8), 4294967295);
  EXPECT_EQ(whole_number(number_type('i', 2, true), Bytes{0xff, 0xfe}), -2);
  Bytes half(8);
  store_le(half.data(), 2.5);
  EXPECT_THROW(whole_number(number_type('f', 8), half), Error);
}

}  // namespace
}  // namespace stoker
