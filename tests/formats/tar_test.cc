#include "formats/tar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "formats/tar_links.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/prefix.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

const fs::path kGolden = fs::path(STOKER_SOURCE_DIR) / "tests/golden/tar";
const std::vector<std::string> kArchives{"links_gnu.tar",    "links_long.tar", "links_posix.tar",
                                         "nested.tar",       "python_gnu.tar", "python_pax.tar",
                                         "python_ustar.tar", "tar_gnu.tar",    "tar_posix.tar",
                                         "tar_ustar.tar",    "tar_v7.tar"};

std::string kind_of(TarMemberType type) {
  return type == TarMemberType::kFile ? "file" : type == TarMemberType::kFolder ? "folder" : "link";
}

// One line a member, as generate_tars.py writes what Python's tarfile reads.
std::string describe(const std::vector<TarMember>& members) {
  std::ostringstream out;
  for (const TarMember& m : members) {
    out << kind_of(m.type) << ' ' << m.offset_bytes << ' ' << m.size_bytes << ' ' << m.name << '\n';
  }
  return out.str();
}

// What list_tar says of `bytes`: the members, or the error's code.
std::string outcome(ByteSpan bytes) {
  try {
    return describe(list_tar(tar_bytes(bytes)));
  } catch (const Error& error) {
    EXPECT_TRUE(error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported)
        << error.what();
    EXPECT_TRUE(error.offset_bytes().has_value()) << error.what();
    return "error";
  }
}

ErrorCode code_of(ByteSpan bytes) {
  try {
    list_tar(tar_bytes(bytes));
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

class TarGoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  Bytes bytes_ = read_file(kGolden / GetParam());
  std::string expected_ = read_text_file(kGolden / (GetParam() + ".txt"));
};

TEST_P(TarGoldenTest, ListsWhatPythonLists) {
  EXPECT_EQ(outcome(bytes_), expected_);
}

TEST_P(TarGoldenTest, BodiesLieWhereTheListingSays) {
  for (const TarMember& member : list_tar(tar_bytes(bytes_))) {
    if (member.type != TarMemberType::kFile || member.name.ends_with(".tar")) continue;
    if (member.offset_bytes < member.header_offset_bytes) continue;  // a hard link, to one of these
    std::string body;
    while (body.size() < member.size_bytes)
      body += member.name + "\n";
    body.resize(member.size_bytes);
    EXPECT_EQ(as_text(ByteSpan(bytes_).subspan(member.offset_bytes, member.size_bytes)), body);
  }
}

// Cut at a member's end an archive is whole, as it is for GNU tar; cut anywhere else it is refused.
TEST_P(TarGoldenTest, EveryPrefixIsRefusedOrHoldsWholeMembers) {
  const std::vector<TarMember> members = list_tar(tar_bytes(bytes_));
  for (size_t size = 0; size < bytes_.size(); ++size) {
    const std::string found = outcome(prefix_of(bytes_, size));
    if (found == "error") continue;
    ASSERT_TRUE(expected_.starts_with(found)) << "cut at " << size;
    const auto whole = std::count_if(members.begin(), members.end(), [&](const TarMember& m) {
      const uint64_t own_end = std::max(m.header_offset_bytes + 512, m.offset_bytes + m.size_bytes);
      return (own_end + 511) / 512 * 512 <= size;
    });
    ASSERT_EQ(std::count(found.begin(), found.end(), '\n'), whole) << "cut at " << size;
  }
}

TEST_P(TarGoldenTest, EveryFlippedHeaderByteIsAnErrorOrChangesNothing) {
  for (const TarMember& member : list_tar(tar_bytes(bytes_))) {
    for (size_t i = 0; i < 512; ++i) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        Bytes damaged = bytes_;
        uint8_t& byte = damaged[member.header_offset_bytes + i];
        byte = static_cast<uint8_t>(byte ^ flip);
        const std::string found = outcome(damaged);
        ASSERT_TRUE(found == "error" || found == expected_)
            << member.name << " byte " << i << " flip " << flip << "\n"
            << found;
      }
    }
  }
}

TEST_P(TarGoldenTest, NoFlippedByteAnywhereBreaksTheReader) {
  for (size_t i = 0; i < bytes_.size(); ++i) {
    Bytes damaged = bytes_;
    damaged[i] = static_cast<uint8_t>(~damaged[i]);
    outcome(damaged);
  }
}

TEST_P(TarGoldenTest, DataBehindTheEndMarkIsRefused) {
  bytes_.insert(bytes_.end(), {0, 0, 1});
  EXPECT_EQ(code_of(bytes_), ErrorCode::kCorrupt);
}

INSTANTIATE_TEST_SUITE_P(Archives, TarGoldenTest, ::testing::ValuesIn(kArchives),
                         [](const auto& info) {
                           return info.param.substr(0, info.param.find('.'));
                         });

// As GNU tar extracts: a link made when another file of that name was there keeps that one.
TEST(TarTest, HardLinkIsTheLastFileOfItsNameBeforeIt) {
  const auto file = [](std::string name, uint64_t offset) {
    return TarMember{std::move(name), {}, TarMemberType::kFile, offset - 512, offset, offset / 7};
  };
  const auto link = [](std::string name, std::string target, uint64_t header) {
    return TarMember{std::move(name), std::move(target), TarMemberType::kHardLink,
                     header,          header + 512,      0};
  };
  std::vector<TarMember> members{link("early", "a", 0),
                                 file("a", 1024),
                                 link("b", "a", 2048),
                                 file("a", 3072),
                                 link("c", "a", 4096),
                                 link("d", "b", 4608),
                                 link("a", "a", 5120),
                                 link("none", "nothing", 5632),
                                 {"s", {}, TarMemberType::kSymbolicLink, 6144, 6656, 0},
                                 link("of_symbolic", "s", 6656)};
  resolve_hard_links(members);
  std::string found;
  for (const TarMember& m : members)
    found += m.name + " " + kind_of(m.type) + " " +
             std::to_string(m.type == TarMemberType::kFile ? m.offset_bytes : 0) + "\n";
  EXPECT_EQ(found,
            "early link 0\na file 1024\nb file 1024\na file 3072\nc file 3072\nd file 1024\n"
            "a file 3072\nnone link 0\ns link 0\nof_symbolic link 0\n");
  EXPECT_EQ(members[2].size_bytes, 1024u / 7);
  EXPECT_EQ(members[2].header_offset_bytes, 2048u);
}

TEST(TarTest, ListsATarInsideATarInPlace) {
  const Bytes bytes = read_file(kGolden / "nested.tar");
  std::string names;
  for (const TarMember& outer : list_tar(tar_bytes(bytes))) {
    for (const TarMember& m : list_tar(tar_bytes(bytes), {outer.offset_bytes, outer.size_bytes})) {
      names += m.name + " ";
      EXPECT_TRUE(as_text(ByteSpan(bytes).subspan(m.offset_bytes)).starts_with(m.name + "\n"));
    }
  }
  EXPECT_EQ(names, "n01443537_0.JPEG n01440764_0.JPEG n01440764_1.JPEG ");
}

// Joined archives, and a hole of zeros where a header was: GNU tar would drop the rest.
TEST(TarTest, RefusesMembersBehindTheEndMark) {
  Bytes bytes = read_file(kGolden / "tar_gnu.tar");
  const Bytes again = bytes;
  bytes.insert(bytes.end(), again.begin(), again.end());
  EXPECT_EQ(code_of(bytes), ErrorCode::kCorrupt);
  Bytes holed = again;
  const TarMember second = list_tar(tar_bytes(again))[1];
  std::fill_n(holed.begin() + static_cast<ptrdiff_t>(second.header_offset_bytes), 512, uint8_t{0});
  EXPECT_EQ(code_of(holed), ErrorCode::kCorrupt);
}

// `tar -b 8192` writes records of 4 MiB, `-b 65536` of 32 MiB: their zeros are padding.
TEST(TarTest, ZerosBehindTheEndArePaddingAndAreCounted) {
  Bytes bytes = read_file(kGolden / "tar_gnu.tar");
  const std::string members = describe(list_tar(tar_bytes(bytes)));
  const TarBytes before = tar_bytes(bytes);
  const TarEnd end = visit_tar(before, {0, bytes.size()}, [](TarMember&&) {});
  EXPECT_EQ(end.mark_offset_bytes + end.zero_bytes, bytes.size());
  bytes.resize(bytes.size() + (5u << 20));
  EXPECT_EQ(describe(list_tar(tar_bytes(bytes))), members);
  const TarEnd padded = visit_tar(tar_bytes(bytes), {0, bytes.size()}, [](TarMember&&) {});
  EXPECT_EQ(padded.mark_offset_bytes, end.mark_offset_bytes);
  EXPECT_EQ(padded.zero_bytes, end.zero_bytes + (5u << 20));
  bytes[bytes.size() - 1] = 1;
  EXPECT_EQ(code_of(bytes), ErrorCode::kCorrupt);
}

// GNU tar stores the second name of a symbolic link, or of a pipe, as a hard link to the first.
TEST(TarTest, HardLinkToALinkLeadsWhereThatOneDoes) {
  std::vector<TarMember> members{{"a/s", "x", TarMemberType::kSymbolicLink, 0, 512, 0},
                                 {"pipe", "", TarMemberType::kOther, 512, 1024, 0},
                                 {"b/t", "a/s", TarMemberType::kHardLink, 1024, 1536, 0},
                                 {"pipe2", "pipe", TarMemberType::kHardLink, 1536, 2048, 0}};
  resolve_hard_links(members);
  EXPECT_EQ(members[2].type, TarMemberType::kSymbolicLink);
  EXPECT_EQ(members[2].link_name, "x");
  EXPECT_EQ(members[2].header_offset_bytes, 1024u);
  EXPECT_EQ(members[3].type, TarMemberType::kOther);
}

TEST(TarTest, EmptyArchivesHoldNothing) {
  EXPECT_TRUE(list_tar(tar_bytes(Bytes())).empty());
  EXPECT_TRUE(list_tar(tar_bytes(Bytes(10240))).empty());
}

TEST(TarTest, TextIsNoTar) {
  std::string text;
  while (text.size() < 2000)
    text += "a text that is no archive, ";
  EXPECT_EQ(code_of(as_bytes(text)), ErrorCode::kCorrupt);
  EXPECT_FALSE(looks_like_tar(as_bytes(text)));
  EXPECT_TRUE(looks_like_tar(read_file(kGolden / "tar_v7.tar")));
}

// A file of 9 GiB and a bit that holds `front` and then zeros: sizes past 11 octal digits.
TarBytes huge_file(const Bytes& front) {
  return {"huge", front.size() + (uint64_t{9} << 30),
          [&front](uint64_t offset, std::span<uint8_t> out) {
            std::fill(out.begin(), out.end(), uint8_t{0});
            for (size_t i = 0; i < out.size() && offset + i < front.size(); ++i)
              out[i] = front[offset + i];
          }};
}

TEST(TarTest, ReadsSizesPastWhatOctalHolds) {
  for (const std::string name : {"huge_gnu.header", "huge_pax.header"}) {
    const Bytes front = read_file(kGolden / name);
    const std::vector<TarMember> members = list_tar(huge_file(front));
    ASSERT_EQ(members.size(), 1u) << name;
    EXPECT_EQ(members[0].size_bytes, uint64_t{9} << 30) << name;
    EXPECT_EQ(members[0].offset_bytes, front.size()) << name;
    EXPECT_EQ(code_of(front), ErrorCode::kCorrupt) << name;
  }
}

TEST(TarTest, SaysWhereAnArchiveIsCut) {
  const Bytes bytes = read_file(kGolden / "tar_ustar.tar");
  try {
    list_tar(tar_bytes(ByteSpan(bytes).first(2560 + 100)));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.offset_bytes(), 2048u);
    EXPECT_THAT(error.message(), ::testing::HasSubstr("'exact_block.JPEG' needs 512 bytes"));
  }
}

TEST(TarTest, RangePastTheFileIsRefused) {
  const Bytes bytes = read_file(kGolden / "tar_ustar.tar");
  EXPECT_THROW(list_tar(tar_bytes(bytes), {512, bytes.size()}), Error);
  EXPECT_THROW(list_tar(tar_bytes(bytes), {~uint64_t{0}, 1}), Error);
}

}  // namespace
}  // namespace stoker
