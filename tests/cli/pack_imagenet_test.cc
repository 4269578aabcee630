// pack-imagenet as users call it: on archives drawn for the test, and on the real sample data where
// it is there.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "libdata/shard/packed_dataset.h"
#include "tests/cli/command.h"
#include "tests/sample_archives.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::HasSubstr;

// What the tests ask of one kind of archives.
struct ArchiveKind {
  const char* name;
  bool real;
  const char* train_samples;  // as --dry-run says it
  const char* raw_options;    // raw pixels in some ten shards or more
  int longest_kill_ms;        // about as long as packing those takes
  const char* max_side;       // some images are larger, some are not
};
void PrintTo(const ArchiveKind& kind, std::ostream* out) {
  *out << kind.name;
}

std::vector<ArchiveKind> kinds_at_hand() {
  std::vector<ArchiveKind> kinds = {
      {"Drawn", false, "120 samples", "--max-side 90 --shard-size 192KiB", 60, "120"}};
  if (fs::exists(testing::real_archives())) {
    kinds.push_back({"Real", true, "400 samples", "--max-side 256 --shard-size 4MiB", 470, "300"});
  }
  return kinds;
}

class PackImagenet : public testing::CommandTest,
                     public ::testing::WithParamInterface<ArchiveKind> {
 protected:
  void SetUp() override {
    const auto archives = GetParam().real
                              ? testing::SampleArchives(fs::canonical(testing::real_archives()))
                              : testing::draw_archives(folder_ / "archives");
    train_ = archives.train.string();
    val_ = archives.val.string();
    devkit_ = archives.devkit.string();
    val_labels_ = archives.val_labels;
  }

  // A share of the training archive, as a number of bytes for a command line.
  std::string share_of_train(uint64_t numerator, uint64_t denominator) const {
    return std::to_string(fs::file_size(train_) * numerator / denominator);
  }

  // Everything in a folder, by name.
  std::map<std::string, std::string> contents(const std::string& name) const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::directory_iterator(folder_ / name)) {
      files[entry.path().filename().string()] = text_of(entry.path());
    }
    return files;
  }

  std::string train_, val_, devkit_;
  fs::path val_labels_;
};

INSTANTIATE_TEST_SUITE_P(Archives, PackImagenet, ::testing::ValuesIn(kinds_at_hand()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_P(PackImagenet, GivesTheSameBytesWithOneTwoAndSevenThreadsAndInThreeParts) {
  const std::string pack =
      "pack-imagenet --input " + train_ + " --shard-size " + share_of_train(1, 6) + " --output ";
  for (const char* threads : {"1", "2", "7"}) {
    ASSERT_EQ(run(pack + "t" + threads + " --threads " + threads).exit_code, 0);
  }
  for (const char* part : {"1", "2", "3"}) {
    ASSERT_EQ(run(pack + "merged --part " + part + "/3").exit_code, 0);
  }
  ASSERT_EQ(run("pack-imagenet --merge --output merged").exit_code, 0);
  const auto one = contents("t1");
  EXPECT_GT(one.size(), 5u);
  EXPECT_TRUE(one == contents("t2"));
  EXPECT_TRUE(one == contents("t7"));
  EXPECT_TRUE(one == contents("merged"));
}

TEST_P(PackImagenet, GivesTheSameBytesWhenKilledAndResumed) {
  const std::string pack =
      "pack-imagenet --input " + train_ + " --encode raw " + GetParam().raw_options + " --output ";
  ASSERT_EQ(run(pack + "whole").exit_code, 0);
  // Ten kills, from before the first shard to near the end; the moments are the machine's.
  for (int i = 1; i <= 10; ++i) {
    const std::string delay = std::to_string(1e-3 * GetParam().longest_kill_ms * i / 10);
    run("timeout --signal=KILL " + delay + " " + pack + "cut --resume; true");
  }
  ASSERT_EQ(run(pack + "cut --resume").exit_code, 0);
  EXPECT_GE(contents("whole").size(), 10u);
  EXPECT_TRUE(contents("whole") == contents("cut"));
}

// expected_val_labels.tsv (name, wnid, index) was made by another program.
TEST_P(PackImagenet, GivesTheExpectedValidationLabels) {
  ASSERT_EQ(
      run("pack-imagenet --input " + val_ + " --devkit " + devkit_ + " --output val").exit_code, 0);
  const PackedDataset dataset(folder_ / "val");
  const PackedSplit& split = dataset.split("val");
  std::map<std::string, std::pair<std::string, int64_t>> found;
  for (uint64_t i = 0; i < split.sample_count(); ++i) {
    const int64_t label = split.inline_int(i, 1);
    const std::string name = fs::path(std::string(split.sample_name(i))).filename().string();
    found[name] = {dataset.manifest().class_names.at(static_cast<size_t>(label)), label};
  }
  std::istringstream expected(text_of(val_labels_));
  std::string name, wnid;
  int64_t index = 0;
  size_t lines = 0;
  for (; expected >> name >> wnid >> index; ++lines) {
    EXPECT_EQ(found[name], (std::pair<std::string, int64_t>{wnid, index})) << name;
  }
  EXPECT_EQ(lines, split.sample_count());
}

TEST_P(PackImagenet, KeepsTheSourceBytesByDefault) {
  ASSERT_EQ(
      run("pack-imagenet --input " + val_ + " --devkit " + devkit_ + " --output val").exit_code, 0);
  ASSERT_EQ(run("mkdir x && tar xf " + val_ + " -C x").exit_code, 0);
  const PackedDataset dataset(folder_ / "val");
  const PackedSplit& split = dataset.split("");
  for (uint64_t i = 0; i < split.sample_count(); ++i) {
    const std::string name = fs::path(std::string(split.sample_name(i))).filename().string();
    EXPECT_EQ(as_text(split.blob(i, 0).bytes), text_of(folder_ / "x" / name)) << name;
  }
}

TEST_P(PackImagenet, DryRunWritesNothing) {
  const auto result = run("pack-imagenet --input " + train_ + " --output none --dry-run");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr(GetParam().train_samples));
  EXPECT_FALSE(fs::exists(folder_ / "none"));
}

TEST_P(PackImagenet, ValidationWithoutADevkitSaysWhatIsMissing) {
  const auto result = run("pack-imagenet --input " + val_ + " --output val");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--devkit"));
}

TEST_P(PackImagenet, MissingDevkitIsAnEnvironmentError) {
  const auto result = run("pack-imagenet --input " + val_ + " --devkit nowhere --output val");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("nowhere"));
}

TEST_P(PackImagenet, ATarCutShortIsRefusedNamingThePlace) {
  ASSERT_EQ(run("head -c " + share_of_train(2, 5) + " " + train_ + " > cut.tar").exit_code, 0);
  const auto result = run("pack-imagenet --input cut.tar --output x");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("cut.tar: at byte"));
  EXPECT_FALSE(fs::exists(folder_ / "x" / "dataset.json"));
}

TEST_P(PackImagenet, AFileThatIsNoTarIsRefused) {
  ASSERT_EQ(run("head -c 100000 /dev/zero | tr '\\0' x > text.tar").exit_code, 0);
  const auto result = run("pack-imagenet --input text.tar --output x");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("text.tar"));
}

TEST_P(PackImagenet, UnknownFlagIsAUsageError) {
  EXPECT_EQ(run("pack-imagenet --input x --output y --no-such-flag").exit_code, 2);
}

TEST_P(PackImagenet, ATruncatedImageStopsOrIsSkippedAndRecorded) {
  ASSERT_EQ(run("mkdir -p tree/a tree/b x && tar xf " + val_ +
                " -C x && cp x/*01.JPEG x/*02.JPEG tree/a && cp x/*03.JPEG tree/b && "
                "head -c 1500 x/*04.JPEG > tree/b/cut.JPEG && : > tree/b/empty.JPEG")
                .exit_code,
            0);
  const auto stopped = run("pack-imagenet --input tree --output stop");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, HasSubstr("b/"));
  EXPECT_FALSE(fs::exists(folder_ / "stop" / "dataset.json"));
  ASSERT_EQ(run("pack-imagenet --input tree --output skip --on-error skip").exit_code, 0);
  const PackedDataset dataset(folder_ / "skip");
  EXPECT_EQ(dataset.split("").sample_count(), 3u);
  std::set<std::string> skipped;
  for (const SampleNote& note : dataset.manifest().skipped)
    skipped.insert(note.name);
  EXPECT_EQ(skipped, (std::set<std::string>{"b/cut.JPEG", "b/empty.JPEG"}));
}

TEST_P(PackImagenet, FullDiskEndsWithoutADataSet) {
  if (run("mkdir small && mount -t tmpfs -o size=" + share_of_train(1, 12) + " tmpfs small")
          .exit_code != 0) {
    GTEST_SKIP() << "cannot mount a small tmpfs here";
  }
  const auto result = run("pack-imagenet --input " + train_ + " --output small/x --shard-size " +
                          share_of_train(1, 48));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("disk is full"));
  EXPECT_FALSE(fs::exists(folder_ / "small" / "x" / "dataset.json"));
  for (const auto& entry : fs::directory_iterator(folder_ / "small" / "x")) {
    if (entry.is_directory()) continue;  // the record of their sources
    EXPECT_EQ(entry.path().extension(), ".stk") << "only whole shards may stay";
  }
  run("umount small");
}

TEST_P(PackImagenet, JpegModeShrinksKeepsWhatFitsAndStaysBaseline) {
  ASSERT_EQ(
      run("pack-imagenet --input " + train_ + " --encode jpeg --max-side " + GetParam().max_side +
          " --output j && pack-imagenet --input " + train_ + " --encode original --output o")
          .exit_code,
      0);
  const PackedDataset packed(folder_ / "j");
  const PackedDataset original(folder_ / "o");
  std::map<std::string, BlobView> originals;
  const PackedSplit& before = original.split("");
  for (uint64_t i = 0; i < before.sample_count(); ++i) {
    originals[std::string(before.sample_name(i))] = before.blob(i, 0);
  }
  const PackedSplit& split = packed.split("");
  size_t kept = 0;
  for (uint64_t i = 0; i < split.sample_count(); ++i) {
    const BlobView blob = split.blob(i, 0);
    const BlobView source = originals.at(std::string(split.sample_name(i)));
    EXPECT_LE(std::max(blob.shape[0], blob.shape[1]), std::stoul(GetParam().max_side));
    EXPECT_EQ(blob.codec, Codec::kJpeg);
    EXPECT_EQ(blob.original_shape[0], source.shape[0]);
    if ((blob.flags & kFlagReencoded) == 0) {
      EXPECT_EQ(as_text(blob.bytes), as_text(source.bytes));
      ++kept;
    }
  }
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, split.sample_count());
}

}  // namespace
}  // namespace stoker
