#include "trainer/tensors/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "libdata/core/error.h"
#include "tests/prefix.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

// A file as the format's own text describes it, put together by hand.
Bytes make_file(const std::string& header, size_t data_bytes) {
  Bytes file(8 + header.size() + data_bytes);
  const uint64_t length = header.size();
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  for (size_t i = 0; i < data_bytes; ++i)
    file[8 + header.size() + i] = static_cast<uint8_t>(i);
  return file;
}

void expect_refused(const std::string& header, size_t data_bytes, const std::string& why,
                    ErrorCode code = ErrorCode::kCorrupt) {
  try {
    parse_safetensors(make_file(header, data_bytes));
    ADD_FAILURE() << "taken: " << header;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr(why)) << header;
  }
}

const std::string kGood =
    R"({"__metadata__":{"k":"v"},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},)"
    R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}})";

TEST(Safetensors, ReadsAFileWrittenByHand) {
  const Bytes file = make_file(kGood, 11);
  const TensorTable table = parse_safetensors(file);
  ASSERT_EQ(table.tensors.size(), 2u);
  EXPECT_EQ(table.tensors[0].name, "a");
  EXPECT_EQ(table.tensors[0].shape, (std::vector<int64_t>{2, 1}));
  EXPECT_EQ(table.tensors[1].dtype, "U8");
  EXPECT_EQ(table.find("b")->bytes[0], 8);
  EXPECT_EQ(table.metadata.at("k"), "v");
  EXPECT_EQ(table.find("c"), nullptr);
}

TEST(Safetensors, RefusesEveryPrefix) {
  const Bytes file = make_file(kGood, 11);
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_THROW(parse_safetensors(prefix_of(file, size)), Error) << size;
  }
}

TEST(Safetensors, RefusesBytesBehindTheArrays) {
  expect_refused(kGood, 12, "after the last array");
}

TEST(Safetensors, RefusesAHugeHeaderLengthWithoutTakingMemory) {
  for (const uint64_t length : {uint64_t{100'000'001}, uint64_t{1} << 63, ~uint64_t{0}}) {
    Bytes file = make_file(kGood, 11);
    std::memcpy(file.data(), &length, 8);
    EXPECT_THROW(parse_safetensors(file), Error);
  }
}

TEST(Safetensors, RefusesWrongOffsets) {
  const auto entry = [](const std::string& offsets) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + offsets + "}}";
  };
  expect_refused(entry("[0,5]"), 4, "outside");
  expect_refused(entry("[4,0]"), 4, "outside");
  expect_refused(entry("[1,5]"), 5, "gap");
  expect_refused(entry("[0,3]"), 3, "needs 4");
  expect_refused(entry("[-4,0]"), 4, "wrong type");
  expect_refused(entry("[0.0,4]"), 4, "wrong type");
  expect_refused(entry("[0]"), 4, "wrong type");
  expect_refused(entry("[18446744073709551615,18446744073709551615]"), 4, "outside");
}

TEST(Safetensors, RefusesOverlap) {
  expect_refused(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                 R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                 6, "overlap");
}

TEST(Safetensors, RefusesShapesThatOverflow) {
  expect_refused(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0,
                 "out of range");
  expect_refused(R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,0]}})", 0,
                 "out of range");
}

TEST(Safetensors, RefusesADuplicateName) {
  expect_refused(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                 R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})",
                 0, "twice");
}

TEST(Safetensors, RefusesWhatIsNotItsHeader) {
  expect_refused("", 0, "'{'");
  expect_refused("[]", 0, "'{'");
  expect_refused("{", 0, "JSON");
  expect_refused(R"({"a":1})", 0, "dtype, shape");
  expect_refused(R"({"a":{"dtype":"U8","shape":[0]}})", 0, "dtype, shape");
  expect_refused(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})", 0,
                 "dtype, shape");
  expect_refused(R"({"__metadata__":{"a":1}})", 0, "not text");
  expect_refused(R"({"__metadata__":[]})", 0, "not an object");
  expect_refused(R"({"a":{"dtype":"F8_E4M3","shape":[0],"data_offsets":[0,0]}})", 0, "dtype",
                 ErrorCode::kUnsupported);
}

TEST(Safetensors, EveryFlippedHeaderBitIsAnErrorOrAnotherValue) {
  const Bytes file = make_file(kGood, 11);
  for (size_t bit = 0; bit < (8 + kGood.size()) * 8; ++bit) {
    Bytes damaged = file;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ (1u << (bit % 8)));
    try {
      for (const TensorView& tensor : parse_safetensors(damaged).tensors) {
        ASSERT_LE(tensor.bytes.size(), 11u);
      }
    } catch (const Error&) {
    }
  }
}

TEST(Safetensors, WritesTheLayoutOfTheFormat) {
  const TempFolder folder;
  const fs::path path = folder.path() / "weights.safetensors";
  const Bytes values{1, 2, 3, 4, 5, 6};
  const std::vector<TensorView> tensors{{"w", "I16", {3, 1}, values}, {"empty", "F32", {0, 2}, {}}};
  const WrittenFile written = write_safetensors(path, tensors, {{"classes", "a"}});
  std::string header =
      R"({"__metadata__":{"classes":"a"},"w":{"dtype":"I16","shape":[3,1],"data_offsets":[0,6]},)"
      R"("empty":{"dtype":"F32","shape":[0,2],"data_offsets":[6,6]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  Bytes expected = make_file(header, 0);
  expected.insert(expected.end(), values.begin(), values.end());
  EXPECT_EQ(read_file(path), expected);
  EXPECT_EQ(written.size_bytes, expected.size());
  EXPECT_EQ(written.hash, xxh3_128(expected));
  EXPECT_EQ(SafetensorsFile(path).table().find("w")->bytes[5], 6);
}

TEST(Safetensors, DoesNotWriteWhatItWouldRefuse) {
  const Bytes values(4);
  const std::vector<TensorView> twice{{"a", "U8", {4}, values}, {"a", "U8", {4}, values}};
  EXPECT_THROW(safetensors_header(twice, {}), Error);
  const std::vector<TensorView> wrong{{"a", "U8", {5}, values}};
  EXPECT_THROW(safetensors_header(wrong, {}), Error);
  const std::vector<TensorView> reserved{{"__metadata__", "U8", {4}, values}};
  EXPECT_THROW(safetensors_header(reserved, {}), Error);
}

}  // namespace
}  // namespace stoker
