// The volume programs on a few small sample scrolls, made anew for each test.
#pragma once

#include <gmock/gmock.h>

#include <cstdio>
#include <map>
#include <string>

#include "formats/tiff.h"
#include "formats/vesuvius.h"
#include "libdata/core/files.h"
#include "tests/cli/command.h"

namespace stoker::testing {

class VolumeCommandTest : public CommandTest {
 protected:
  void SetUp() override {
    CommandTest::SetUp();
    const auto made = run("make-sample-scrolls --quiet --output scrolls --count 5 --size 40");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    listing_ = list_vesuvius(folder_ / "scrolls");
    ASSERT_EQ(listing_.items.size(), 5u);
  }

  // Everything in a folder, by name.
  std::map<std::string, std::string> contents(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / name)) {
      files[entry.path().filename().string()] = text_of(entry.path());
    }
    return files;
  }

  // Replaces the image or label of the n-th volume.
  void put_image(size_t n, ByteSpan bytes) const {
    write_file_atomically(listing_.items[n].image, bytes);
  }
  void put_label(size_t n, ByteSpan bytes) const {
    write_file_atomically(listing_.items[n].label, bytes);
  }
  std::string id(size_t n) const { return listing_.items[n].id; }

  // `command OPTIONS` stops with exit 1, naming the n-th volume and saying `says`; the same with
  // --on-error skip packs the other four and records this one.
  void expect_refused(const std::string& command, size_t n, const std::string& says) const {
    const CommandResult stopped = run(command + " --output stopped");
    EXPECT_EQ(stopped.exit_code, 1) << stopped.err;
    EXPECT_THAT(stopped.err, ::testing::HasSubstr(id(n)));
    EXPECT_THAT(stopped.err, ::testing::HasSubstr(says));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "stopped/dataset.json"));
    const CommandResult skipped = run(command + " --output skipped --on-error skip");
    EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
    EXPECT_THAT(skipped.out, ::testing::HasSubstr("1 sample skipped"));
    const std::string manifest = text_of(folder_ / "skipped/dataset.json");
    EXPECT_THAT(manifest, ::testing::HasSubstr(says));
  }

  // `command OPTIONS` gives the same bytes on 1, 2 and 5 threads, in three parts merged by
  // `program`, and after having been killed over and over. Precondition: it makes several shards.
  void expect_the_same_bytes_always(const std::string& program, const std::string& command) const {
    for (const char* threads : {"1", "2", "5"}) {
      const std::string options = std::string(" --threads ") + threads + " --output t" + threads;
      ASSERT_EQ(run(command + options).exit_code, 0);
    }
    for (const char* part : {"1", "2", "3"}) {
      ASSERT_EQ(run(command + " --output merged --part " + part + "/3").exit_code, 0);
    }
    ASSERT_EQ(run(program + " --merge --output merged").exit_code, 0);
    for (const char* delay : {"0.02", "0.05", "0.08", "0.11", "0.15"}) {
      run(std::string("timeout --signal=KILL ") + delay + " " + command +
          " --output killed --resume; true");
    }
    ASSERT_EQ(run(command + " --output killed --resume").exit_code, 0);
    const auto one = contents("t1");
    EXPECT_GE(one.size(), 4u);
    EXPECT_TRUE(one == contents("t2"));
    EXPECT_TRUE(one == contents("t5"));
    EXPECT_TRUE(one == contents("merged"));
    EXPECT_TRUE(one == contents("killed"));
  }

  // Runs `command --output DIR` with DIR on a disk of `size` ("200k"), which is to be too small.
  // Skips where the test may not mount.
  void expect_clean_end_on_a_full_disk(const std::string& command, const std::string& size) const {
    const std::string disk = (folder_ / "disk").string();
    std::filesystem::create_directories(disk);
    if (run("mount -t tmpfs -o size=" + size + " tmpfs " + disk).exit_code != 0) {
      GTEST_SKIP() << "mounting is not permitted here";
    }
    const CommandResult result = run(command + " --output " + disk + "/packed");
    size_t left = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(disk)) {
      const bool mark = entry.path().filename() == "output";  // of a folder of convert-dataset's
      left += entry.is_regular_file() && !mark ? 1 : 0;
    }
    EXPECT_EQ(run("umount " + disk).exit_code, 0);
    EXPECT_EQ(result.exit_code, 3) << result.err;
    EXPECT_THAT(result.err, ::testing::HasSubstr("full"));
    EXPECT_EQ(left, 0u) << "a half-written file was left";
  }

  VolumeListing listing_;
};

}  // namespace stoker::testing
