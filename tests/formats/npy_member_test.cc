#include "formats/webdataset/npy_member.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/little_endian.h"
#include "tests/prefix.h"

namespace stoker {
namespace {

using namespace std::string_literals;

// A file as numpy.lib.format describes it, by hand.
Bytes npy(const std::string& dict, const std::string& data, int version = 1) {
  std::string text = dict + "\n";
  std::string file = "\x93NUMPY"s + static_cast<char>(version) + '\0';
  file += static_cast<char>(text.size() & 255);
  file += static_cast<char>(text.size() >> 8);
  if (version > 1) file += "\0\0"s;
  file += text + data;
  return Bytes(file.begin(), file.end());
}

std::string decoded(const Bytes& file) {
  Bytes storage;
  return std::string(as_text(decode_npy_member(file, parse_npy_member(file), storage)));
}

TEST(NpyMember, HeaderIsTheOneNumPyWrites) {
  // numpy.save of np.zeros((2, 3), np.float32), NumPy 1.24: 128 bytes, then 24 zeros.
  const std::string header = encode_npy_front(DType::kFloat32, {2, 3});
  EXPECT_EQ(header.size(), 128u);
  EXPECT_EQ(header.substr(0, 10), "\x93NUMPY\x01\x00\x76\x00"s);
  EXPECT_EQ(header.substr(10, 58), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), ");
  EXPECT_EQ(header.back(), '\n');
  EXPECT_NE(encode_npy_front(DType::kUInt8, {7}).find("'|u1'"), std::string::npos);
  EXPECT_NE(encode_npy_front(DType::kInt64, {7}).find("'<i8'"), std::string::npos);
  EXPECT_NE(encode_npy_front(DType::kInt64, {7}).find("(7,)"), std::string::npos);
  EXPECT_NE(encode_npy_front(DType::kInt64, {}).find("()"), std::string::npos);
}

TEST(NpyMember, ReadsVersionsByteOrdersAndAxisOrders) {
  const std::string dict = "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2), }";
  const std::string data = "\1\0\2\0\3\0\4\0"s;
  for (const int version : {1, 2, 3})
    EXPECT_EQ(decoded(npy(dict, data, version)), data);
  EXPECT_EQ(decoded(npy("{'descr': '>u2', 'fortran_order': False, 'shape': (2, 2), }",
                        "\0\1\0\2\0\3\0\4"s)),
            data);
  EXPECT_EQ(decoded(npy("{'descr': '<u2', 'fortran_order': True, 'shape': (2, 2), }",
                        "\1\0\3\0\2\0\4\0"s)),
            data);
  // Keys in another order, double quotes, no comma at the end.
  EXPECT_EQ(decoded(npy("{\"shape\": (4,), \"fortran_order\": False, \"descr\": \"<u2\"}", data)),
            data);
}

TEST(NpyMember, WiderElementsBecomeThoseThatHoldThem) {
  const Bytes wide =
      npy("{'descr': '<u4', 'fortran_order': False, 'shape': (1,), }", "\xff\xff\xff\xff"s);
  EXPECT_EQ(npy_member_dtype(parse_npy_member(wide)), DType::kInt64);
  EXPECT_EQ(decoded(wide), "\xff\xff\xff\xff\0\0\0\0"s);
  const Bytes rounded = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (), }",
                            "\0\0\0\0\0\0\xf8\x3f"s);  // 1.5
  EXPECT_TRUE(npy_is_rounded(parse_npy_member(rounded)));
  EXPECT_EQ(load_le<float>(reinterpret_cast<const uint8_t*>(decoded(rounded).data())), 1.5f);
  EXPECT_THROW(decoded(npy("{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }",
                           "\0\0\0\0\0\0\0\x80"s)),
               Error);
}

TEST(NpyMember, RefusesPicklesAndWhatDoesNotFit) {
  for (const char* descr : {"'|O'", "'<U3'", "'<c8'", "[('a', '<f4')]"}) {
    const Bytes file =
        npy("{'descr': "s + descr + ", 'fortran_order': False, 'shape': (1,), }", "12345678");
    EXPECT_THROW(parse_npy_member(file), Error) << descr;
  }
  const Bytes good = npy("{'descr': '<u2', 'fortran_order': False, 'shape': (2,), }", "\1\0\2\0"s);
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_THROW(decoded(prefix_of(good, size)), Error) << size;
  EXPECT_THROW(decoded(npy("{'descr': '<u2', 'fortran_order': False, "
                           "'shape': (4294967296, 4294967296, 4294967296), }",
                           "")),
               Error);
}

}  // namespace
}  // namespace stoker
