// A source that can be read in its own order only, through the engine: whatever threads, parts,
// resumed runs and bad samples there are, read is called one at a time and for rising items.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/parallel.h"
#include "libdata/sample/conversion.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/shard/packed_output.h"
#include "libdata/shard/packing_merge.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr uint64_t kItems = 120;

Schema text_schema() {
  Field field;
  field.name = "text";
  field.axes = "N";
  Schema schema;
  schema.fields = {field};
  return schema;
}

// Item i is the text "i" 20 times. Throws Internal, which ends any run, where it is read in another
// order than its own or by two threads at once.
class StreamReader : public SourceReader {
 public:
  explicit StreamReader(std::set<uint64_t> bad = {})
      : schema_(text_schema()), bad_(std::move(bad)) {
    for (uint64_t i = 0; i < kItems; ++i)
      items_.push_back({"item" + std::to_string(i), text_of(i).size(), 0, i});
  }

  static std::string text_of(uint64_t item) {
    std::string text;
    for (int i = 0; i < 20; ++i)
      text += std::to_string(item);
    return text;
  }

  const Schema& schema() const override { return schema_; }
  const SourceFacts& facts() const override { return facts_; }
  const std::vector<PlannedItem>& items() const override { return items_; }
  SourceAccess access() const override { return SourceAccess::kInOrder; }
  bool tells_changes() const override { return false; }
  std::vector<fs::path> source_files(uint64_t) const override { return {}; }

  void read(Sample& sample) const override {
    if (busy_.exchange(true)) throw Error(ErrorCode::kInternal, "read by two threads at once");
    std::this_thread::sleep_for(50us);
    const uint64_t item = sample.item;
    if (item < next_) throw Error(ErrorCode::kInternal, sample.name + " is read out of order");
    next_ = item + 1;
    read_.insert(item);
    Bytes& bytes = sample.next_buffer();
    const std::string text = text_of(item);
    bytes.assign(text.begin(), text.end());
    FieldValue value;
    value.bytes = bytes;
    value.shape = {static_cast<uint32_t>(bytes.size()), 0, 0, 0};
    value.original_shape = value.shape;
    sample.values = {value};
    busy_ = false;
    if (bad_.contains(item)) throw Error(ErrorCode::kCorrupt, "made bad");
  }

  const std::set<uint64_t>& items_read() const { return read_; }
  void put_into_split(uint64_t item, size_t split) { items_[item].split = split; }
  void name_splits(std::vector<std::string> names) { facts_.splits = std::move(names); }

 private:
  Schema schema_;
  SourceFacts facts_;
  std::vector<PlannedItem> items_;
  std::set<uint64_t> bad_;
  mutable std::atomic<bool> busy_{false};
  mutable uint64_t next_ = 0;
  mutable std::set<uint64_t> read_;
};

// Leaves samples as they are, each after a time of its own, and refuses some.
class UnevenTransform : public SampleTransform {
 public:
  const Schema& schema() const override { return schema_; }
  std::map<std::string, std::string> describe() const override { return {}; }
  uint64_t estimate(const PlannedItem& item) const override { return item.estimated_bytes; }
  void apply(Sample& sample) const override {
    std::this_thread::sleep_for(std::chrono::microseconds(sample.item * 7919 % 400));
    if (sample.item == refused) throw Error(ErrorCode::kUnsupported, "not of this kind");
  }
  uint64_t refused = kItems;

 private:
  Schema schema_ = text_schema();
};

class InOrderSourceTest : public FolderTest {
 protected:
  static PlanOptions plan_options() {
    PlanOptions options;
    options.order = PackOrder::kInput;
    options.shard_bytes = 700;
    return options;
  }
  PackReport run(const StreamReader& reader, const std::string& output, ConvertOptions options = {},
                 const UnevenTransform& transform = {}) const {
    PackedOutput packed(folder_ / output);
    const Conversion conversion(reader, {&transform}, packed, {"test", "", {}}, plan_options());
    options.quiet = true;
    return convert(conversion, options);
  }
  std::map<std::string, Bytes> contents(const std::string& output) const {
    std::map<std::string, Bytes> files;
    for (const fs::path& path : list_files(folder_ / output))
      files[path.filename()] = read_file(path);
    return files;
  }
  std::vector<std::string> texts(const std::string& output) const {
    const PackedDataset dataset(folder_ / output);
    const PackedSplit& split = dataset.split("");
    std::vector<std::string> found;
    for (uint64_t i = 0; i < split.sample_count(); ++i)
      found.emplace_back(as_text(split.blob(i, 0).bytes));
    return found;
  }
  static std::vector<std::string> expected_texts(const std::set<uint64_t>& left_out = {}) {
    std::vector<std::string> expected;
    for (uint64_t i = 0; i < kItems; ++i) {
      if (!left_out.contains(i)) expected.push_back(StreamReader::text_of(i));
    }
    return expected;
  }
};

TEST_F(InOrderSourceTest, SameBytesAtAnyThreadCount) {
  for (const int threads : {1, 2, 7}) {
    const ThreadLimit limit(threads);
    const std::string output = std::to_string(threads);
    const StreamReader reader;
    const PackReport report = run(reader, output);
    EXPECT_GT(report.manifest.splits[0].shards.size(), 5u);
    EXPECT_EQ(reader.items_read().size(), kItems);
    EXPECT_EQ(texts(output), expected_texts()) << threads << " threads";
    EXPECT_EQ(contents(output), contents("1")) << threads << " threads";
  }
}

// Reading takes turns; what follows does not.
TEST_F(InOrderSourceTest, SamplesAreTransformedSideBySide) {
  struct Meeting : UnevenTransform {
    void apply(Sample&) const override {
      ++arrived;
      for (int i = 0; i < 5000 && arrived < 2; ++i)
        std::this_thread::sleep_for(1ms);
    }
    mutable std::atomic<int> arrived{0};
  };
  const ThreadLimit limit(2);
  const StreamReader reader;
  const Meeting transform;
  PackedOutput packed(folder_ / "a");
  const Conversion conversion(reader, {&transform}, packed, {"test", "", {}}, plan_options());
  ConvertOptions options;
  options.quiet = true;
  const auto start = std::chrono::steady_clock::now();
  convert(conversion, options);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s) << "the first waited for a second";
}

TEST_F(InOrderSourceTest, PartsPassOverWhatIsNotTheirs) {
  const ThreadLimit limit(7);
  run(StreamReader(), "whole");
  size_t read = 0;
  for (uint32_t k = 1; k <= 3; ++k) {
    const StreamReader reader;
    ConvertOptions options;
    options.part = PackPart{k, 3};
    run(reader, "part" + std::to_string(k), options);
    EXPECT_LT(reader.items_read().size(), kItems / 2);
    read += reader.items_read().size();
  }
  EXPECT_EQ(read, kItems);
  merge_parts(folder_ / "merged", {folder_ / "part1", folder_ / "part2", folder_ / "part3"});
  EXPECT_EQ(contents("merged"), contents("whole"));
}

TEST_F(InOrderSourceTest, ResumeReadsTheShardsThatAreMissing) {
  const ThreadLimit limit(7);
  run(StreamReader(), "whole");
  run(StreamReader(), "cut");
  const std::vector<fs::path> files = list_files(folder_ / "cut");
  fs::remove(folder_ / "cut" / kManifestName);
  for (const size_t gone : {size_t{1}, size_t{4}})
    fs::remove(files.at(gone));
  const StreamReader reader;
  ConvertOptions options;
  options.resume = true;
  const PackReport report = run(reader, "cut", options);
  EXPECT_EQ(report.shards_kept, report.manifest.splits[0].shards.size() - 2);
  EXPECT_LT(reader.items_read().size(), kItems / 2);
  EXPECT_EQ(contents("cut"), contents("whole"));
}

TEST_F(InOrderSourceTest, BadSamplesAreLeftOutOrEndTheRun) {
  UnevenTransform transform;
  transform.refused = 77;
  for (const int threads : {1, 2, 7}) {
    const ThreadLimit limit(threads);
    const std::string output = std::to_string(threads);
    ConvertOptions skipping;
    skipping.skip_bad_samples = true;
    const StreamReader reader({0, 50, 51, 119});
    const PackReport report = run(reader, output, skipping, transform);
    EXPECT_EQ(reader.items_read().size(), kItems);
    ASSERT_EQ(report.manifest.skipped.size(), 5u);
    EXPECT_EQ(report.manifest.skipped[3].name, "item77");
    EXPECT_EQ(report.manifest.skipped[3].reason, "not of this kind");
    EXPECT_EQ(report.manifest.skipped[4].reason, "made bad");
    EXPECT_EQ(texts(output), expected_texts({0, 50, 51, 77, 119}));
    EXPECT_EQ(contents(output), contents("1"));
    try {
      run(StreamReader({50}), output + "stopped");
      FAIL() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_NE(error.message().find("item50: made bad"), std::string::npos) << error.what();
    }
  }
}

TEST_F(InOrderSourceTest, AnotherOrderIsRefusedBeforeAnyWork) {
  StreamReader reader;
  PackedOutput packed(folder_ / "a");
  PlanOptions shuffled = plan_options();
  shuffled.order = PackOrder::kShuffled;
  EXPECT_THROW(Conversion(reader, {}, packed, {"test", "", {}}, shuffled), Error);
  // Items of two splits by turns.
  PlanOptions splits = plan_options();
  splits.splits = {"train", "val"};
  reader.name_splits(splits.splits);
  reader.put_into_split(kItems - 1, 1);
  EXPECT_NO_THROW(Conversion(reader, {}, packed, {"test", "", {}}, splits));
  reader.put_into_split(40, 1);
  try {
    const Conversion conversion(reader, {}, packed, {"test", "", {}}, splits);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(error.message().find("one at a time"), std::string::npos);
  }
  EXPECT_TRUE(reader.items_read().empty());
}

}  // namespace
}  // namespace stoker
