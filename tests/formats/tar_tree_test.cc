// Links inside tars: what lies below them, as extracting the tar and walking the folder tells it.
#include "formats/tar_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "formats/folder_walk.h"
#include "formats/tar_links.h"
#include "formats/tar_walk.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TarMember file(std::string name, uint64_t header) {
  return {std::move(name), {}, TarMemberType::kFile, header, header + 512, 7};
}
TarMember folder(std::string name, uint64_t header) {
  return {std::move(name), {}, TarMemberType::kFolder, header, header + 512, 0};
}
TarMember link(std::string name, std::string target, uint64_t header) {
  return {std::move(name), std::move(target), TarMemberType::kSymbolicLink,
          header,          header + 512,      0};
}

// "PATH OFFSET" for a file, "PATH/" for a folder, "PATH: TROUBLE" for others.
std::vector<std::string> describe(const std::vector<ListedEntry>& entries) {
  std::vector<std::string> lines;
  for (const ListedEntry& entry : entries) {
    lines.push_back(entry.kind == ListedKind::kFolder ? entry.path + "/"
                    : entry.kind == ListedKind::kFile
                        ? entry.path + " " + std::to_string(entry.offset_bytes)
                        : entry.path + ": " + entry.trouble);
  }
  return lines;
}

std::vector<std::string> list(std::vector<TarMember> members, const std::string& below = "") {
  return describe(tar_entries(std::move(members), below));
}

TEST(TarTree, LinksToFilesAreThoseFiles) {
  EXPECT_THAT(list({link("a/l", "x", 0), link("a/up", "../b/y", 512), file("a/x", 1024),
                    file("b/y", 2048), link("a/twice", "l", 4096)}),
              ElementsAre("a/x 1536", "b/y 2560", "a/l 1536", "a/up 2560", "a/twice 1536"));
}

TEST(TarTree, LinksToFoldersHoldWhatTheFolderHolds) {
  EXPECT_THAT(list({file("store/n01/0.jpg", 0), folder("store/n01/empty", 1024),
                    link("train/n01", "../store/n01", 2048)}),
              ElementsAre("store/n01/0.jpg 512", "store/n01/empty/", "train/n01/",
                          "train/n01/0.jpg 512", "train/n01/empty/"));
}

TEST(TarTree, TheFolderAskedForMayLeadThroughLinks) {
  const std::vector<TarMember> members{file("v2/train/cat/0.jpg", 0), link("latest", "v2", 1024),
                                       link("v2/train/dog", "../../pool", 2048),
                                       file("pool/1.jpg", 3072)};
  EXPECT_THAT(list(members, "latest/train"),
              ElementsAre("cat/0.jpg 512", "dog/", "dog/1.jpg 3584"));
  EXPECT_THAT(list(members, "latest/none"), IsEmpty());
}

TEST(TarTree, WhatLeadsNowhereSaysWhy) {
  EXPECT_THAT(list({file("a/x", 0), link("a/gone", "y", 1024), link("a/self", "self", 1536),
                    link("a/ping", "pong", 2048), link("a/pong", "ping", 2560),
                    link("a/out", "../../b", 3072), link("a/root", "/a/x", 3584),
                    link("a/up", "..", 4096), link("a/here", ".", 4608),
                    link("a/file_as_folder", "x/", 5120), link("a/through", "y/../x", 5632)}),
              ElementsAre("a/x 512", "a/gone: a broken symbolic link, left out",
                          "a/self: a symbolic link that leads to itself, left out",
                          "a/ping: a symbolic link that leads to itself, left out",
                          "a/pong: a symbolic link that leads to itself, left out",
                          "a/out: a symbolic link out of the archive, left out",
                          "a/root: a symbolic link out of the archive, left out",
                          "a/up: a symbolic link back to a folder above it, left out",
                          "a/here: a symbolic link back to a folder above it, left out",
                          "a/file_as_folder: a broken symbolic link, left out",
                          "a/through: a broken symbolic link, left out"));
}

// Linux follows 40 links on one path, and no more.
TEST(TarTree, ChainsAreFollowedAsFarAsTheSystemDoes) {
  std::vector<TarMember> members{file("l0", 0)};
  for (int i = 1; i <= 41; ++i)
    members.push_back(link("l" + std::to_string(i), "l" + std::to_string(i - 1), 1024));
  const std::vector<std::string> found = list(members);
  EXPECT_EQ(found[40], "l40 512");
  EXPECT_EQ(found[41], "l41: a symbolic link that leads to itself, left out");
}

// `tar -rf set.tar latest/1.jpg`: GNU tar writes it through the link.
TEST(TarTree, MembersBehindALinkLieWhereItLeads) {
  EXPECT_THAT(list({file("v2/0.jpg", 0), link("latest", "v2", 1024), file("latest/1.jpg", 2048)}),
              ElementsAre("v2/0.jpg 512", "v2/1.jpg 2560", "latest/", "latest/0.jpg 512",
                          "latest/1.jpg 2560"));
  // A folder member takes the link's place.
  EXPECT_THAT(list({file("v2/0.jpg", 0), link("latest", "v2", 1024), folder("latest", 1536),
                    file("latest/1.jpg", 2048)}),
              ElementsAre("v2/0.jpg 512", "latest: replaced by a later member of the same name",
                          "latest/", "latest/1.jpg 2560"));
}

TEST(TarTree, ALinkLeadsToTheLastOfItsTargetsName) {
  EXPECT_THAT(list({file("v/x", 0), link("w", "v", 1024), file("v/x", 2048)}),
              ElementsAre("v/x: replaced by a later member of the same name", "v/x 2560", "w/",
                          "w/x 2560"));
}

// Each of 30 folders holds two links to the next: 2^30 names for one file.
TEST(TarTree, LinksThatMultiplyWithoutEndAreRefused) {
  std::vector<TarMember> members;
  for (int i = 0; i < 30; ++i) {
    for (const char* name : {"/a", "/b"})
      members.push_back(link(std::to_string(i) + name, "../" + std::to_string(i + 1), 0));
  }
  members.push_back(file("30/x", 0));
  try {
    tar_entries(members, "");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.message(), HasSubstr("again and again"));
  }
}

// Trees made by a shell, tarred by GNU tar and walked on disk.
class TarOfLinksTest : public FolderTest {
 protected:
  void shell(const std::string& script) const {
    std::ofstream(folder_ / "make.sh") << "set -e\ncd '" << folder_.string() << "'\n" << script;
    ASSERT_EQ(std::system(("bash '" + (folder_ / "make.sh").string() + "'").c_str()), 0);
  }
  // Entries by path, with sizes in place of offsets.
  static std::vector<std::string> listed(ListedTree tree) {
    for (ListedEntry& entry : tree.entries)
      entry.offset_bytes = entry.size_bytes;
    std::vector<std::string> lines = describe(tree.entries);
    std::sort(lines.begin(), lines.end());
    return lines;
  }
  void expect_alike(const std::string& below = "") const {
    shell("tar -cf gnu.tar -C tree . && tar --format=pax -cf pax.tar -C tree .");
    const auto on_disk = listed(walk_folder(folder_ / "tree" / below, {}));
    EXPECT_FALSE(on_disk.empty());
    for (const char* name : {"gnu.tar", "pax.tar"}) {
      const fs::path path = folder_ / name / below;
      auto entries = listed(walk_tar(find_tar_place(path), path));
      std::erase(entries, "./");
      EXPECT_EQ(entries, on_disk) << path;
    }
  }
};

TEST_F(TarOfLinksTest, ListAsTheFolderDoes) {
  shell(
      "mkdir -p tree/store/n01/deep tree/train tree/v2/val; echo 1 > tree/store/n01/1.jpg\n"
      "echo 22 > tree/store/n01/deep/2.jpg; echo 333 > tree/v2/val/3.jpg\n"
      "ln -s ../store/n01 tree/train/n01; ln -s v2 tree/latest; ln -s latest/val tree/val\n"
      "ln -s ../../train tree/store/n01/back; ln -s .. tree/v2/up; ln -s nowhere tree/v2/gone\n"
      "ln -P tree/v2/up tree/v2/val/second; ln -P tree/latest tree/v2/third\n"
      "mkfifo tree/v2/pipe; ln -s pipe tree/v2/to_pipe; ln -s val/3.jpg/x tree/v2/not_a_folder\n");
  for (const char* below : {"", "train", "latest", "store/n01", "val", "train/n01/back"}) {
    SCOPED_TRACE(below);
    expect_alike(below);
  }
}

TEST_F(TarOfLinksTest, ArchivesBehindLinksAreFound) {
  shell(
      "mkdir -p store/cat && echo 1 > store/cat/1.jpg && tar -cf store/v2.tar -C store cat\n"
      "ln -s v2.tar store/latest.tar && ln -s store link && tar -cf set.tar store link\n");
  const fs::path path = folder_ / "set.tar/link/latest.tar/cat";
  EXPECT_THAT(listed(walk_tar(find_tar_place(path), path)), ElementsAre("1.jpg 2"));
}

}  // namespace
}  // namespace stoker
