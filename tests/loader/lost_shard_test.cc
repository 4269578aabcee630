// A shard that is cut short under a running loader, read by pread: an error, not a signal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "libdata/core/error.h"
#include "libdata/loader/image_loader.h"
#include "libdata/loader/patch_loader.h"
#include "tests/loader/image_split_fixture.h"
#include "tests/loader/volume_split_fixture.h"

namespace stoker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Property;
using ::testing::Throws;

auto lost(const char* what) {
  return Throws<Error>(AllOf(Property(&Error::code, ErrorCode::kIo),
                             Property(&Error::what, HasSubstr("train-00000-of-00001.stk")),
                             Property(&Error::what, HasSubstr(what))));
}

class LostImages : public ImageSplitTest {};

TEST_F(LostImages, AreNamed) {
  PackedSplit split = write_split(mixed_images(12), 12);
  split.hold_index();
  ImageLoaderOptions options;
  options.batch_size = 4;
  options.crop = 16;
  options.threads = 2;
  options.io = IoMode::kPread;
  ImageLoader loader(split, schema(), options);
  std::filesystem::resize_file(folder_ / shard_file_name("train", 0, 1), 0);
  loader.start_epoch(0);
  EXPECT_THAT([&] { loader.next(); }, lost("cut short"));
}

class LostVolumes : public VolumeSplitTest {};

TEST_F(LostVolumes, AreNamed) {
  PackedSplit split = write_split(drawn_volumes());
  split.hold_index();
  PatchLoaderOptions options;
  options.sampling.patch_zyx = {16, 16, 16};
  options.threads = 2;
  options.io = IoMode::kPread;
  PatchLoader loader(split, schema(), options);
  std::filesystem::resize_file(path_, 0);
  loader.start_epoch(0);
  EXPECT_THAT([&] { loader.next(); }, lost("cut short"));
}

TEST_F(LostVolumes, AHeldIndexSaysWhatTheFileSays) {
  const PackedSplit mapped = write_split(drawn_volumes());
  PackedSplit held = open_split();
  held.hold_index();
  for (uint64_t volume = 0; volume < mapped.sample_count(); ++volume) {
    EXPECT_EQ(held.sample_name(volume), mapped.sample_name(volume));
    for (size_t field = 0; field < 4; ++field) {
      EXPECT_EQ(held.blob(volume, field).offset_bytes, mapped.blob(volume, field).offset_bytes);
      EXPECT_EQ(held.blob(volume, field).hash, mapped.blob(volume, field).hash);
      EXPECT_EQ(held.blob(volume, field).shape, mapped.blob(volume, field).shape);
    }
    EXPECT_EQ(held.inline_int(volume, 4), static_cast<int64_t>(100 + volume));
  }
}

TEST_F(LostVolumes, AnIndexThatHasChangedSinceIsNotHeld) {
  PackedSplit split = write_split(drawn_volumes());
  const uint64_t at = split.shards()[0].footer().index.offset_bytes;
  Bytes file = read_file(path_);
  file[at] ^= 1;
  std::filesystem::remove(path_);  // the mapping keeps what was opened
  write_file_atomically(path_, file);
  EXPECT_THAT([&] { split.hold_index(); },
              Throws<Error>(AllOf(Property(&Error::code, ErrorCode::kCorrupt),
                                  Property(&Error::offset_bytes, at))));
}

}  // namespace
}  // namespace stoker
