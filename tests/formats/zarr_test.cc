// Zarr stores: what zarr-python wrote is read equal, what is not read is refused by name, damage is
// told of. tests/golden/generate_zarr.py says what the stores hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>

#include "formats/npy/zip_listing.h"
#include "formats/zarr/ome_zarr.h"
#include "formats/zarr/zarr_encode.h"
#include "formats/zarr/zarr_format.h"
#include "formats/zarr/zarr_metadata.h"
#include "libdata/core/files.h"
#include "tests/formats/stacked_values.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::failure;
using testing::golden;
using ::testing::HasSubstr;
using testing::numbers;
using testing::open_source;
using testing::shape_of;

constexpr int kDepth = 5;
constexpr int kHeight = 6;
constexpr int kWidth = 7;
const std::array kZips{"v2_raw",        "v2_zlib",          "v2_gzip",        "v2_zstd",
                       "v2_lz4",        "v2_blosc_lz4",     "v2_blosc_lz4hc", "v2_blosc_zstd",
                       "v2_blosc_zlib", "v2_blosc_blosclz", "v3_raw",         "v3_gzip",
                       "v3_zstd",       "v3_blosc",         "v3_crc32c",      "v3_big_transposed",
                       "v3_v2_keys",    "v3_sharded_start", "v3_sharded_end"};

int stored_value(int z, int y, int x) {
  return z * 100 + y * 10 + x;
}

// Of volume 0, each value as `expected` says.
template <typename T, typename Expected>
void expect_volume(const SourceReader& reader, Expected expected) {
  const std::vector<T> values = numbers<T>(reader, 0, "image");
  ASSERT_EQ(values.size(), size_t{kDepth * kHeight * kWidth});
  size_t at = 0;
  for (int z = 0; z < kDepth; ++z)
    for (int y = 0; y < kHeight; ++y)
      for (int x = 0; x < kWidth; ++x)
        ASSERT_EQ(values[at++], expected(z, y, x)) << z << " " << y << " " << x;
}

bool is_left_out_of_shards(int z, int y, int x) {
  return z >= 2 && z < 4 && y >= 3 && x < 4;
}

TEST(ZarrGoldenTest, EveryCodecGivesTheSameVolume) {
  for (const std::string name : kZips) {
    SCOPED_TRACE(name);
    const auto reader = open_source(zarr_format(), {golden("zarr/" + name + ".zip")});
    ASSERT_EQ(reader->items().size(), 1u);
    EXPECT_EQ(reader->items()[0].name, name);
    EXPECT_EQ(shape_of(*reader, 0, "image"), (Extents{kDepth, kHeight, kWidth, 0}));
    expect_volume<uint16_t>(*reader, [&](int z, int y, int x) {
      const bool zero = name.starts_with("v3_sharded") && is_left_out_of_shards(z, y, x);
      return zero ? 0 : stored_value(z, y, x);
    });
  }
}

template <typename T>
void expect_type(const std::string& name) {
  SCOPED_TRACE(name);
  const auto reader = open_source(zarr_format(), {golden("zarr/v2_f_order_" + name + ".zip")});
  expect_volume<T>(*reader,
                   [](int z, int y, int x) { return static_cast<T>(stored_value(z, y, x) % 100); });
}

TEST(ZarrGoldenTest, TypesOfEitherByteOrderAndFortranOrder) {
  expect_type<int8_t>("int8");
  expect_type<uint8_t>("uint8");
  expect_type<int16_t>("big_i2");
  expect_type<int64_t>("big_u4");
  expect_type<int64_t>("little_i8");
  expect_type<float>("big_f4");
  expect_type<float>("little_f8");
  const auto half = open_source(zarr_format(), {golden("zarr/v2_f_order_little_f2.zip")});
  EXPECT_EQ(numbers<uint16_t>(*half, 0, "image")[1], 0x3c00);  // 1
}

TEST(ZarrGoldenTest, MissingChunksAreTheFillValue) {
  for (const char* name : {"zarr/v2_holes.zip", "zarr/v3_holes.zip"}) {
    const auto reader = open_source(zarr_format(), {golden(name)});
    expect_volume<uint16_t>(
        *reader, [](int z, int y, int x) { return z < 3 && x < 4 ? 7 : stored_value(z, y, x); });
  }
  const auto reader = open_source(zarr_format(), {golden("zarr/v3_nan.zip")});
  for (const float value : numbers<float>(*reader, 0, "image"))
    EXPECT_TRUE(std::isnan(value));
}

TEST(ZarrGoldenTest, OmeImagesHaveScaleAndLabels) {
  const auto reader = open_source(zarr_format(), {golden("zarr/ome_v2.zarr")});
  EXPECT_EQ(reader->items()[0].name, "ome_v2");
  expect_volume<uint16_t>(*reader, stored_value);
  const std::vector<uint8_t> labels = numbers<uint8_t>(*reader, 0, "label");
  ASSERT_EQ(labels.size(), size_t{kDepth * kHeight * kWidth});
  for (size_t i = 0; i < labels.size(); ++i)
    ASSERT_EQ(labels[i], i % kWidth % 2) << i;
  EXPECT_THAT(numbers<float>(*reader, 0, "spacing"), ElementsAre(0.008f, 0.004f, 0.002f));
  EXPECT_THAT(numbers<float>(*reader, 0, "affine"),
              ElementsAre(0.002f, 0, 0, 0.016f, 0, 0.004f, 0, 0, 0, 0, 0.008f, 0, 0, 0, 0, 1));
  EXPECT_THAT(failure([] {
                open_source(zarr_format(), {golden("zarr/ome_v2.zarr")}, {{"label", "ink"}});
              }),
              HasSubstr("label=ink"));
}

TEST(ZarrGoldenTest, GroupsOfArraysAreStackedSamples) {
  const auto reader = open_source(zarr_format(), {golden("zarr/stack_v3.zarr")});
  ASSERT_EQ(reader->items().size(), 5u);
  EXPECT_EQ(shape_of(*reader, 4, "image"), (Extents{4, 3, 3, 0}));
  const std::vector<uint8_t> pixels = numbers<uint8_t>(*reader, 4, "image");
  for (size_t i = 0; i < pixels.size(); ++i)
    ASSERT_EQ(pixels[i], (4 * 36 + i) % 251);
  EXPECT_EQ(reader->label(4), 1);
}

std::string v3_text(const std::string& change_from = "", const std::string& change_to = "") {
  std::string text = R"({"zarr_format":3,"node_type":"array","shape":[4,4,4],"data_type":"uint16",)"
                     R"("chunk_grid":{"name":"regular","configuration":{"chunk_shape":[2,2,2]}},)"
                     R"("chunk_key_encoding":{"name":"default"},"fill_value":0,)"
                     R"("codecs":[{"name":"bytes","configuration":{"endian":"little"}}]})";
  if (!change_from.empty()) text.replace(text.find(change_from), change_from.size(), change_to);
  return text;
}

std::string refusal_of(const std::string& from, const std::string& to) {
  return failure([&] { parse_zarr_array(3, v3_text(from, to)); });
}

TEST(ZarrMetadataTest, WhatIsNotReadIsRefusedByName) {
  EXPECT_EQ(refusal_of("", ""), "no error");
  EXPECT_THAT(refusal_of("uint16", "complex64"), HasSubstr("complex64"));
  EXPECT_THAT(refusal_of("regular", "rectilinear"), HasSubstr("rectilinear"));
  EXPECT_THAT(refusal_of(R"("little"}}])", R"("little"}},{"name":"bz2"}])"), HasSubstr("bz2"));
  EXPECT_THAT(refusal_of(R"("fill_value":0)", R"("fill_value":70000)"), HasSubstr("70000"));
  EXPECT_THAT(refusal_of("[2,2,2]", "[2,0,2]"), HasSubstr("chunk_shape"));
  EXPECT_THAT(refusal_of("[2,2,2]", "[2,2]"), HasSubstr("rank"));
  EXPECT_THAT(refusal_of("[4,4,4]", "[4,-4,4]"), HasSubstr("-4"));
  EXPECT_THAT(refusal_of("[4,4,4]", "[4,1.5,4]"), HasSubstr("1.5"));
  EXPECT_THAT(refusal_of("[4,4,4]", "[9223372036854775807,9,4]"), HasSubstr("more than any"));
  EXPECT_THAT(refusal_of(R"("codecs")", R"("storage":{},"codecs")"), HasSubstr("storage"));
  EXPECT_EQ(refusal_of(R"("codecs")", R"("storage":{"must_understand":false},"codecs")"),
            "no error");
  const char* const v2 =
      R"({"zarr_format":2,"shape":[4],"chunks":[2],"dtype":"%","order":"C","filters":null,)"
      R"("compressor":null,"fill_value":null})";
  for (const char* dtype : {"|O", "<U5", "<M8[ns]", "<c8"}) {
    std::string text = v2;
    text.replace(text.find('%'), 1, dtype);
    EXPECT_THAT(failure([&] { parse_zarr_array(2, text); }), HasSubstr(dtype));
  }
  std::string filtered = v2;
  filtered.replace(filtered.find('%'), 1, "<i4");
  filtered.replace(filtered.find(R"("filters":null)"), 14, R"("filters":[{"id":"delta"}])");
  EXPECT_THAT(failure([&] { parse_zarr_array(2, filtered); }), HasSubstr("delta"));
}

Bytes fill_of(const std::string& type, const std::string& value) {
  std::string text = v3_text("uint16", type);
  text.replace(text.find(R"("fill_value":0)"), 14, R"("fill_value":)" + value);
  return parse_zarr_array(3, text).fill;
}

TEST(ZarrMetadataTest, FillValuesInAllTheirSpellings) {
  EXPECT_THAT(fill_of("bool", "true"), ElementsAre(1));
  EXPECT_THAT(fill_of("int16", "-2"), ElementsAre(0xfe, 0xff));
  EXPECT_THAT(fill_of("uint64", "18446744073709551615"), Each(0xff));
  EXPECT_THAT(fill_of("int32", "3.0"), ElementsAre(3, 0, 0, 0));
  EXPECT_THAT(fill_of("float32", "1.5"), ElementsAre(0, 0, 0xc0, 0x3f));
  EXPECT_THAT(fill_of("float32", R"("0x7fc00001")"), ElementsAre(1, 0, 0xc0, 0x7f));
  EXPECT_THAT(fill_of("float32", R"("-Infinity")"), ElementsAre(0, 0, 0x80, 0xff));
  EXPECT_THAT(fill_of("float16", R"("Infinity")"), ElementsAre(0, 0x7c));
  EXPECT_THAT(fill_of("uint16", R"("AQI=")"), ElementsAre(1, 2));
  EXPECT_THAT(failure([] { fill_of("int8", "128"); }), HasSubstr("128"));
  EXPECT_THAT(failure([] { fill_of("uint8", "-1"); }), HasSubstr("-1"));
}

class ZarrDamageTest : public FolderTest {
 protected:
  // A golden archive as a folder.
  fs::path unzip(const std::string& name) const {
    const MappedFile zip(golden("zarr/" + name + ".zip"));
    const fs::path folder = folder_ / (name + ".zarr");
    for (const ZipMember& member : list_zip(zip.bytes())) {
      const ByteSpan bytes = zip.bytes().subspan(member.begin, member.size);
      fs::create_directories((folder / member.name).parent_path());
      testing::write_quickly(folder / member.name, Bytes(bytes.begin(), bytes.end()));
    }
    return folder;
  }

  static std::string read_all_of(const fs::path& path, std::vector<uint16_t>& values) {
    return failure(
        [&] { values = numbers<uint16_t>(*open_source(zarr_format(), {path}), 0, "image"); });
  }

  // Every prefix and 200 flips of a file give what was there, or an error.
  void expect_right_or_error(const fs::path& store, const fs::path& file) const {
    std::vector<uint16_t> right;
    ASSERT_EQ(read_all_of(store, right), "no error");
    const Bytes whole = read_file(file);
    std::vector<uint16_t> values;
    const auto check = [&](const Bytes& bytes, const std::string& what) {
      testing::write_quickly(file, bytes);
      const std::string error = read_all_of(store, values);
      EXPECT_TRUE(error != "no error" || values == right) << what;
    };
    for (size_t size = 0; size < whole.size(); ++size)
      check(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)),
            "prefix " + std::to_string(size));
    std::mt19937 random(7);
    for (int i = 0; i < 200; ++i) {
      Bytes bytes = whole;
      const size_t at = random() % bytes.size();
      bytes[at] = static_cast<uint8_t>(bytes[at] ^ (1u << (random() % 8)));
      check(bytes, "byte " + std::to_string(at));
    }
    testing::write_quickly(file, whole);
  }
};

TEST_F(ZarrDamageTest, ChunksWithChecksumsAreRightOrRefused) {
  for (const char* name : {"v3_crc32c", "v3_gzip", "v3_sharded_end", "v3_sharded_start"}) {
    SCOPED_TRACE(name);
    const fs::path store = unzip(name);
    expect_right_or_error(store, store / "c/0/0/0");
  }
}

TEST_F(ZarrDamageTest, ArchivesAreRightOrRefused) {
  fs::copy_file(golden("zarr/v3_zstd.zip"), folder_ / "a.zip");
  expect_right_or_error(folder_ / "a.zip", folder_ / "a.zip");
}

TEST_F(ZarrDamageTest, PrefixesOfEveryCodecAreRefused) {
  for (const char* name : kZips) {
    SCOPED_TRACE(name);
    const fs::path store = unzip(name);
    const std::string key = fs::exists(store / "0.0.0") ? "0.0.0" : "c/0/0/0";
    const Bytes whole = read_file(store / key);
    std::vector<uint16_t> values;
    for (size_t size = 0; size < whole.size(); ++size) {
      testing::write_quickly(store / key,
                             Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
      ASSERT_THAT(read_all_of(store, values), HasSubstr(key)) << size;
    }
    Bytes longer = whole;
    longer.push_back(0);
    testing::write_quickly(store / key, longer);
    const std::string error = read_all_of(store, values);
    EXPECT_TRUE(!std::string(name).ends_with("raw") ||
                error.find("expected a chunk of") < error.size());
  }
}

TEST_F(ZarrDamageTest, MetadataThatPromisesTooMuchTakesNoMemory) {
  const fs::path store = unzip("v3_zstd");
  std::string text = read_text_file(store / "zarr.json");
  const size_t at = text.find("5,");
  text.replace(at, 2, "4000000000,");
  write_file_atomically(store / "zarr.json", std::string_view(text));
  std::vector<uint16_t> values;
  EXPECT_THAT(read_all_of(store, values), HasSubstr("memory"));
}

TEST_F(ZarrDamageTest, CutMetadataIsRefusedWithItsPath) {
  const fs::path store = unzip("v3_zstd");
  const Bytes whole = read_file(store / "zarr.json");
  std::vector<uint16_t> values;
  for (size_t size = 0; size + 1 < whole.size(); size += 7) {
    testing::write_quickly(store / "zarr.json",
                           Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
    ASSERT_THAT(read_all_of(store, values), HasSubstr("zarr.json")) << size;
  }
}

TEST_F(ZarrDamageTest, ArraysThatAreWrittenAreReadEqual) {
  ZarrWritten array{DType::kUInt16, {5, 6, 7}, {2, 4, 3}, {"z", "y", "x"}};
  Bytes elements(5 * 6 * 7 * 2);
  for (size_t i = 0; i < elements.size(); ++i)
    elements[i] = static_cast<uint8_t>(i < 100 ? 0 : i * 37);
  for (const char* compression : {"none", "blosc", "zstd:19", "gzip:12"}) {
    SCOPED_TRACE(compression);
    const ZarrCompression packing = parse_zarr_compression(compression);
    const fs::path store = folder_ / "written.zarr";
    fs::remove_all(store);
    fs::create_directories(store);
    write_file_atomically(store / "zarr.json", std::string_view(zarr_array_json(array, packing)));
    const std::vector<Bytes> chunks = encode_zarr_chunks(array, packing, elements);
    uint64_t at = 0;
    for (uint64_t z = 0; z < 3; ++z)
      for (uint64_t y = 0; y < 2; ++y)
        for (uint64_t x = 0; x < 3; ++x) {
          const fs::path path = store / written_chunk_key({z, y, x});
          fs::create_directories(path.parent_path());
          if (!chunks[at].empty()) testing::write_quickly(path, chunks[at]);
          ++at;
        }
    const auto reader = open_source(zarr_format(), {store});
    const Sample sample = testing::read_sample(*reader, 0);
    EXPECT_EQ(Bytes(sample.values[0].bytes.begin(), sample.values[0].bytes.end()), elements);
  }
  EXPECT_THAT(failure([] { parse_zarr_compression("blosc:0"); }), HasSubstr("blosc:0"));
  EXPECT_THAT(failure([] { parse_zarr_compression("lz4"); }), HasSubstr("zstd"));
}

}  // namespace
}  // namespace stoker
