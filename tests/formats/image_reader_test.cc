// Listed images as a source: what it says of itself and what reading gives, from a tar and from a
// folder.
#include "formats/image_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "formats/image_source.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/hash.h"
#include "libdata/core/little_endian.h"
#include "libdata/core/parallel.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::ElementsAre;

constexpr uint64_t kImages = 30;

class ImageReaderTest : public FolderTest {
 protected:
  void SetUp() override {
    for (uint64_t i = 0; i < kImages; ++i)
      put(i, content_of(i));
  }
  // Image i of class i % 3 holds i + 1 bytes.
  static std::string content_of(uint64_t i) {
    return std::string(i + 1, static_cast<char>('A' + i));
  }
  static std::string name_of(uint64_t i) {
    return std::string("c") + std::to_string(i % 3) + "/" + std::to_string(100 + i) + ".jpg";
  }
  fs::path path_of(uint64_t i) const { return folder_ / "in" / name_of(i); }
  void put(uint64_t i, const std::string& content) const {
    fs::create_directories(path_of(i).parent_path());
    write_file_atomically(path_of(i), content);
  }
  fs::path tar() const {
    const std::string command =
        "tar -cf '" + (folder_ / "in.tar").string() + "' -C '" + (folder_ / "in").string() + "' .";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return folder_ / "in.tar";
  }
  static SourceListing list(const fs::path& path) {
    ImageSourceOptions options;
    options.split = "val";
    return list_image_source({path}, options);
  }

  static Sample read(const ImageReader& reader, uint64_t item) {
    Sample sample;
    sample.item = item;
    sample.name = reader.items()[item].name;
    reader.read(sample);
    return sample;
  }
  static uint64_t image_in(const std::string& name) {
    return std::stoull(name.substr(name.find('/') + 1)) - 100;
  }
  // By name.
  static std::map<std::string, uint64_t> keys_of(const fs::path& path) {
    const SourceListing listing = list(path);
    const ImageReader reader(listing);
    std::map<std::string, uint64_t> keys;
    for (const PlannedItem& item : reader.items())
      keys[item.name] = item.content_key;
    return keys;
  }
};

TEST_F(ImageReaderTest, SaysWhatTheSourceHolds) {
  put(3, "x");  // one that is no larger than another
  write_file_atomically(folder_ / "in/c0/notes.txt", "text");
  const SourceListing listing = list(folder_ / "in/.");
  const ImageReader reader(listing);
  ASSERT_EQ(reader.schema().fields.size(), 2u);
  EXPECT_EQ(reader.schema().fields[0].name, "image");
  EXPECT_EQ(reader.schema().fields[0].storage, Storage::kBlob);
  EXPECT_EQ(reader.schema().fields[1].name, "label");
  EXPECT_EQ(reader.schema().fields[1].storage, Storage::kInline);
  EXPECT_EQ(reader.schema().fields[1].dtype, DType::kInt32);
  EXPECT_THAT(reader.facts().splits, ElementsAre("val"));
  EXPECT_THAT(reader.facts().class_names, ElementsAre("c0", "c1", "c2"));
  ASSERT_EQ(reader.facts().sources.size(), 1u);
  EXPECT_EQ(reader.facts().sources[0].name, "in");
  ASSERT_EQ(reader.facts().notes.size(), 1u);
  EXPECT_EQ(reader.facts().notes[0].name, "c0/notes.txt");
  EXPECT_EQ(reader.access(), SourceAccess::kRandom);
  EXPECT_TRUE(reader.tells_changes());
  ASSERT_EQ(reader.items().size(), kImages);
  for (const PlannedItem& item : reader.items()) {
    const uint64_t i = image_in(item.name);
    EXPECT_EQ(item.name, name_of(i));
    EXPECT_EQ(item.estimated_bytes, i == 3 ? 1 : i + 1);
    EXPECT_EQ(item.split, 0u);
  }
}

TEST_F(ImageReaderTest, ATarIsASourceOfItsSize) {
  const fs::path path = tar();
  const SourceListing listing = list(path);
  const ImageReader reader(listing);
  ASSERT_EQ(reader.facts().sources.size(), 1u);
  EXPECT_EQ(reader.facts().sources[0].name, "in.tar");
  EXPECT_EQ(reader.facts().sources[0].size_bytes, fs::file_size(path));
}

TEST_F(ImageReaderTest, GivesTheFilesBytesOnManyThreads) {
  const ThreadLimit limit(7);
  for (const fs::path& path : {folder_ / "in", tar()}) {
    const SourceListing listing = list(path);
    const ImageReader reader(listing);
    run_parallel(10 * kImages, [&](uint64_t i) {
      const uint64_t item = i * 7 % kImages;
      reader.prefetch(item);
      const Sample sample = read(reader, item);
      const uint64_t image = image_in(sample.name);
      ASSERT_EQ(sample.values.size(), 2u);
      EXPECT_EQ(as_text(sample.values[0].bytes), content_of(image));
      EXPECT_EQ(load_le<int32_t>(sample.values[1].bytes.data()), static_cast<int32_t>(image % 3));
      const uint64_t hash = xxh3_64(as_bytes(content_of(image)));
      EXPECT_EQ(sample.values[0].hash, hash);
      EXPECT_EQ(sample.source_hash, hash);
      EXPECT_EQ(reader.hash_source(item), hash);
      EXPECT_THAT(reader.source_files(item), ElementsAre(fs::path(sample.source_path)));
      const Bytes whole = read_file(sample.source_path);
      EXPECT_EQ(as_text(ByteSpan(whole).subspan(sample.source_offset_bytes, image + 1)),
                content_of(image));
    });
  }
}

TEST_F(ImageReaderTest, KeysChangeWithSizeAndClass) {
  const std::map<std::string, uint64_t> before = keys_of(folder_ / "in");
  EXPECT_EQ(keys_of(tar()), before) << "wherever the bytes lie";
  put(4, content_of(4) + "!");
  fs::create_directories(folder_ / "in/b");  // the classes behind it move up by one
  write_file_atomically(folder_ / "in/b/0.jpg", "x");
  fs::rename(path_of(0).parent_path(), folder_ / "in/a");  // now the first
  const std::map<std::string, uint64_t> after = keys_of(folder_ / "in");
  EXPECT_NE(after.at(name_of(4)), before.at(name_of(4)));
  EXPECT_NE(after.at(name_of(1)), before.at(name_of(1))) << "c1 was class 1 and is class 2";
  EXPECT_EQ(after.at("a/100.jpg"), before.at(name_of(0))) << "of class 0 as before";
}

// What it sees of another content of the same size is the bytes' hash.
TEST_F(ImageReaderTest, HashesChangeWithTheBytes) {
  const SourceListing listing = list(folder_ / "in");
  const ImageReader reader(listing);
  const uint64_t before = reader.hash_source(0);
  const auto key = keys_of(folder_ / "in");
  put(0, "?");
  EXPECT_EQ(keys_of(folder_ / "in"), key);
  EXPECT_NE(reader.hash_source(0), before);
  EXPECT_EQ(reader.hash_source(0), xxh3_64(as_bytes("?")));
}

TEST_F(ImageReaderTest, FilesThatAreGoneOrCutShortAreErrorsWithTheirPath) {
  const SourceListing listing = list(folder_ / "in");
  const ImageReader reader(listing);
  const auto error_of = [&](uint64_t item) {
    Sample sample;
    sample.item = item;
    try {
      reader.read(sample);
    } catch (const Error& error) {
      EXPECT_EQ(error.path(), listing.files[listing.items[item].file]);
      EXPECT_EQ(sample.source_path, listing.files[listing.items[item].file]);
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  };
  fs::remove(listing.files[listing.items[5].file]);
  EXPECT_EQ(error_of(5), ErrorCode::kNotFound);
  fs::resize_file(listing.files[listing.items[9].file], 2);
  EXPECT_EQ(error_of(9), ErrorCode::kCorrupt);
  EXPECT_NO_THROW(read(reader, 6));
}

}  // namespace
}  // namespace stoker
