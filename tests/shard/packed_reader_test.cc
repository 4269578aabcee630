// A packed data set as a source: what it says of itself, what reading gives, what damage gives.
#include "libdata/shard/packed_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/parallel.h"
#include "tests/pack_job.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr uint64_t kItems = 60;

Schema schema_of_three() {
  Field image;
  image.name = "image";
  image.axes = "N";
  Field label;
  label.name = "label";
  label.storage = Storage::kInline;
  label.dtype = DType::kInt32;
  Field extra = image;
  extra.name = "extra";
  Schema schema;
  schema.fields = {image, label, extra};
  return schema;
}

class PackedReaderTest : public FolderTest {
 protected:
  // Bytes of item i: i + 10 of value i, and 3 of value 255 - i for "extra".
  static Bytes image_of(uint64_t item) { return Bytes(item + 10, static_cast<uint8_t>(item)); }
  static Bytes extra_of(uint64_t item) { return Bytes(3, static_cast<uint8_t>(255 - item)); }

  // Packs all items; those of `changed` with other bytes in the field named.
  void pack(const std::string& output, uint64_t changed = kItems,
            const std::string& field = "image") const {
    PackJob job;
    for (uint64_t i = 0; i < kItems; ++i)
      job.items.push_back({"item" + std::to_string(i), 10 + i, i % 5 == 4 ? 1u : 0u, 0});
    job.plan_options.shard_bytes = 400;
    job.plan_options.splits = {"train", "val"};
    job.manifest.schema = schema_of_three();
    job.manifest.tool = "test";
    job.manifest.class_names = {"cat", "dog"};
    job.options.output = folder_ / output;
    job.options.quiet = true;
    job.encode = [&](uint64_t item, Sample& sample) {
      Bytes& image = sample.next_buffer() = image_of(item);
      Bytes& extra = sample.next_buffer() = extra_of(item);
      if (item == changed) (field == "image" ? image : extra)[1] ^= 1;
      Bytes& label = sample.next_buffer();
      label.assign(4, 0);
      label[0] = item % 2;
      sample.values = {blob(image), {}, blob(extra)};
      sample.values[1].bytes = label;
    };
    run_pack(job);
  }

  static FieldValue blob(const Bytes& bytes) {
    FieldValue value;
    value.bytes = bytes;
    value.shape = {static_cast<uint32_t>(bytes.size()), 0, 0, 0};
    value.original_shape = {2 * value.shape[0], 0, 0, 0};
    value.flags = 0;
    return value;
  }

  static uint64_t number_in(const std::string& name) { return std::stoull(name.substr(4)); }

  static Sample read(const PackedReader& reader, uint64_t item) {
    Sample sample;
    sample.item = item;
    sample.name = reader.items()[item].name;
    reader.read(sample);
    return sample;
  }
};

TEST_F(PackedReaderTest, SaysWhatTheDataSetHolds) {
  pack("a");
  const PackedDataset dataset(folder_ / "a");
  const PackedReader reader(dataset, folder_ / "a/.");
  ASSERT_EQ(reader.schema().fields.size(), 3u);
  EXPECT_EQ(reader.schema().fields[2].name, "extra");
  EXPECT_THAT(reader.facts().splits, ElementsAre("train", "val"));
  EXPECT_THAT(reader.facts().class_names, ElementsAre("cat", "dog"));
  ASSERT_EQ(reader.facts().sources.size(), 1u);
  EXPECT_EQ(reader.facts().sources[0].name, "a");
  EXPECT_EQ(reader.access(), SourceAccess::kRandom);

  ASSERT_EQ(reader.items().size(), kItems);
  std::set<std::string> names;
  uint64_t in_val = 0;
  size_t last_split = 0;
  for (const PlannedItem& item : reader.items()) {
    EXPECT_GE(item.split, last_split) << "split by split";
    last_split = item.split;
    in_val += item.split;
    names.insert(item.name);
    const uint64_t number = number_in(item.name);
    EXPECT_EQ(item.split, number % 5 == 4 ? 1u : 0u);
    EXPECT_EQ(item.estimated_bytes, number + 10) << "of the first blob";
  }
  EXPECT_EQ(names.size(), kItems);
  EXPECT_EQ(in_val, kItems / 5);
}

TEST_F(PackedReaderTest, ItemsStandAsTheyAreStored) {
  pack("a");
  const PackedDataset dataset(folder_ / "a");
  const PackedReader reader(dataset, folder_ / "a");
  size_t item = 0;
  for (const PackedSplit& split : dataset.splits()) {
    for (uint64_t sample = 0; sample < split.sample_count(); ++sample, ++item)
      EXPECT_EQ(reader.items()[item].name, split.sample_name(sample));
  }
  EXPECT_EQ(item, kItems);
}

TEST_F(PackedReaderTest, GivesTheStoredBytesOnManyThreads) {
  pack("a");
  const PackedDataset dataset(folder_ / "a");
  const PackedReader reader(dataset, folder_ / "a");
  const ThreadLimit limit(7);
  run_parallel(10 * kItems, [&](uint64_t i) {
    const uint64_t item = i * 37 % kItems;
    const Sample sample = read(reader, item);
    const uint64_t number = number_in(sample.name);
    ASSERT_EQ(sample.values.size(), 3u);
    EXPECT_EQ(Bytes(sample.values[0].bytes.begin(), sample.values[0].bytes.end()),
              image_of(number));
    EXPECT_EQ(Bytes(sample.values[2].bytes.begin(), sample.values[2].bytes.end()),
              extra_of(number));
    EXPECT_EQ(load_le<int32_t>(sample.values[1].bytes.data()), static_cast<int32_t>(number % 2));
    EXPECT_EQ(sample.values[0].hash, xxh3_64(image_of(number)));
    EXPECT_EQ(sample.values[0].shape[0], number + 10);
    EXPECT_EQ(sample.values[0].original_shape[0], 2 * (number + 10));
    EXPECT_EQ(reader.extents(item, 0)[0], number + 10);
    EXPECT_THAT(sample.source_path, HasSubstr(".stk"));
    const Bytes shard = read_file(sample.source_path);
    EXPECT_EQ(
        Bytes(shard.begin() + static_cast<ptrdiff_t>(sample.source_offset_bytes),
              shard.begin() + static_cast<ptrdiff_t>(sample.source_offset_bytes + number + 10)),
        image_of(number));
  });
}

// The keys of all items by name.
std::map<std::string, uint64_t> keys_of(const PackedReader& reader) {
  std::map<std::string, uint64_t> keys;
  for (uint64_t i = 0; i < reader.items().size(); ++i) {
    keys[reader.items()[i].name] = reader.items()[i].content_key;
    EXPECT_EQ(reader.hash_source(i), reader.items()[i].content_key);
    EXPECT_TRUE(reader.source_files(i).empty()) << "the key says all";
  }
  return keys;
}

TEST_F(PackedReaderTest, KeysChangeWithTheContentOfTheirFieldsAlone) {
  pack("before");
  pack("image", 17, "image");
  pack("extra", 17, "extra");
  const auto keys = [&](const std::string& name, const PackedReaderOptions& options) {
    const PackedDataset dataset(folder_ / name);
    return keys_of(PackedReader(dataset, folder_ / name, options));
  };
  const auto changed = [&](const std::string& name, const PackedReaderOptions& options) {
    std::vector<std::string> names;
    const auto before = keys("before", options);
    for (const auto& [item, key] : keys(name, options)) {
      if (key != before.at(item)) names.push_back(item);
    }
    return names;
  };
  EXPECT_THAT(changed("image", {}), ElementsAre("item17"));
  EXPECT_THAT(changed("extra", {}), ElementsAre("item17"));
  EXPECT_THAT(changed("image", {{"image"}, {}}), ElementsAre("item17"));
  EXPECT_THAT(changed("extra", {{"image"}, {}}), ElementsAre());
  EXPECT_THAT(changed("extra", {{"nothing", "extra"}, {}}), ElementsAre("item17"));
  EXPECT_THAT(changed("before", {}), ElementsAre());
}

TEST_F(PackedReaderTest, ADamagedBlobIsCorruptWithItsShardUnlessOthersCheckIt) {
  pack("a");
  Sample whole;
  {
    const PackedDataset dataset(folder_ / "a");
    const PackedReader reader(dataset, folder_ / "a");
    whole = read(reader, 3);
  }
  Bytes bytes = read_file(whole.source_path);
  bytes[whole.source_offset_bytes + 1] ^= 0x40;
  write_file_atomically(whole.source_path, bytes);
  const PackedDataset dataset(folder_ / "a");
  const PackedReader reader(dataset, folder_ / "a");
  try {
    read(reader, 3);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_EQ(error.path(), whole.source_path);
  }
  EXPECT_NO_THROW(read(reader, 2));
  EXPECT_NO_THROW(read(reader, 4));
  const PackedReader trusting(dataset, folder_ / "a", {{}, {"image"}});
  EXPECT_EQ(read(trusting, 3).values[0].bytes[1], bytes[whole.source_offset_bytes + 1]);
}

TEST_F(PackedReaderTest, PackedAgainItIsTheSameDataSet) {
  pack("a");
  const PackedDataset dataset(folder_ / "a");
  const PackedReader reader(dataset, folder_ / "a");
  PackedOutput output(folder_ / "b");
  PlanOptions plan;
  plan.order = PackOrder::kInput;
  plan.splits = reader.facts().splits;
  ConvertOptions options;
  options.quiet = true;
  convert(Conversion(reader, {}, output, {"test", "", {}}, plan), options);
  const PackedDataset again(folder_ / "b");
  const PackedReader second(again, folder_ / "b");
  EXPECT_EQ(keys_of(second), keys_of(reader));
  for (uint64_t i = 0; i < kItems; ++i)
    EXPECT_EQ(second.items()[i].name, reader.items()[i].name);
}

}  // namespace
}  // namespace stoker
