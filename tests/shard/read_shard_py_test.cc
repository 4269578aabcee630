// samples/read_shard.py, which knows the specification only, reads what the writer writes.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <string>

#include "libdata/core/files.h"
#include "libdata/core/half.h"
#include "libdata/shard/shard_writer.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

// What the script prints of shard "s.stk": values as Python spells them.
constexpr const char* kDump = R"(
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import read_shard
shard = read_shard.Shard(sys.argv[2])
print(shard.count, shard.meta['split'], shard.meta['class_names'])
for i in range(shard.count):
    volume, photo = shard.value(i, 'volume'), shard.value(i, 'photo')
    print(shard.name(i), volume.dtype.name, volume.shape, volume.ravel().tolist(),
          photo.tobytes().decode(), shard.columns['photo', 'flags'][i],
          shard.columns['photo', 'original_shape'][i].tolist(), shard.value(i, 'label').item(),
          shard.value(i, 'moments').tolist(), shard.value(i, 'half').tolist())
)";

class ReadShardPy : public FolderTest {
 protected:
  void SetUp() override {
    if (std::system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
      GTEST_SKIP() << "no Python with NumPy here";
    }
    write_file_atomically(folder_ / "dump.py", std::string_view(kDump));
  }

  static Field field(const char* name, Storage storage, DType dtype, const char* axes,
                     std::vector<int64_t> shape) {
    Field field;
    field.name = name;
    field.storage = storage;
    field.dtype = dtype;
    field.axes = axes;
    field.shape = std::move(shape);
    return field;
  }

  // Sample i: a volume of 1 x i x 2 values 100 + n, a "photo", inline values of several dtypes.
  void write_shard(int samples) const {
    Schema schema;
    schema.fields = {field("volume", Storage::kBlob, DType::kUInt16, "ZYX", {}),
                     field("label", Storage::kInline, DType::kInt64, "", {}),
                     field("photo", Storage::kBlob, DType::kUInt8, "HWC", {}),
                     field("moments", Storage::kInline, DType::kFloat32, "AB", {2, 2}),
                     field("half", Storage::kInline, DType::kFloat16, "C", {3})};
    ShardWriter writer(folder_ / "s.stk", ShardHeader{}, schema);
    for (int i = 0; i < samples; ++i) {
      std::vector<uint16_t> voxels(static_cast<size_t>(2 * i));
      for (size_t n = 0; n < voxels.size(); ++n)
        voxels[n] = static_cast<uint16_t>(100 + n);
      const int64_t label = -5'000'000'000 * i;
      const std::string photo = "photo" + std::to_string(i);
      const std::array<float, 4> moments{0.5f, float(i), -2.25f, 4};
      const std::array<uint16_t, 3> half{float_to_half(1.5f), float_to_half(-0.125f),
                                         float_to_half(float(i))};
      std::array<FieldValue, 5> values;
      values[0].bytes = bytes_of(voxels.data(), voxels.size());
      values[0].shape = values[0].original_shape = {1, static_cast<uint32_t>(i), 2, 0};
      values[1].bytes = bytes_of(&label, 1);
      values[2].bytes = as_bytes(photo);
      values[2].codec = Codec::kJpeg;
      values[2].flags = kFlagResized;
      values[2].original_shape = {7, 8, static_cast<uint32_t>(i), 0};
      values[3].bytes = bytes_of(moments.data(), moments.size());
      values[4].bytes = bytes_of(half.data(), half.size());
      writer.append("name_" + std::to_string(i), values);
    }
    ShardMeta meta;
    meta.split = "val";
    meta.class_names = {"x", "y"};
    writer.finish(meta);
  }
  template <typename T>
  static ByteSpan bytes_of(const T* values, size_t count) {
    return {reinterpret_cast<const uint8_t*>(values), count * sizeof(T)};
  }

  // Output of the script, and its exit code in a last line.
  std::string dump() const {
    const std::string command = "/usr/bin/python3 -B '" + (folder_ / "dump.py").string() + "' '" +
                                STOKER_SOURCE_DIR + "/samples' '" + (folder_ / "s.stk").string() +
                                "' 2>&1; echo exit $?";
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
      text.append(buffer.data(), got);
    pclose(pipe);
    return text;
  }
};

TEST_F(ReadShardPy, ReadsEveryValue) {
  write_shard(3);
  EXPECT_EQ(dump(),
            "3 val ['x', 'y']\n"
            "name_0 uint16 (1, 0, 2) [] photo0 2 [7, 8, 0] 0 [[0.5, 0.0], [-2.25, 4.0]] "
            "[1.5, -0.125, 0.0]\n"
            "name_1 uint16 (1, 1, 2) [100, 101] photo1 2 [7, 8, 1] -5000000000 "
            "[[0.5, 1.0], [-2.25, 4.0]] [1.5, -0.125, 1.0]\n"
            "name_2 uint16 (1, 2, 2) [100, 101, 102, 103] photo2 2 [7, 8, 2] -10000000000 "
            "[[0.5, 2.0], [-2.25, 4.0]] [1.5, -0.125, 2.0]\n"
            "exit 0\n");
}

TEST_F(ReadShardPy, RefusesACutShardAndAnUnknownVersion) {
  write_shard(3);
  const Bytes whole = read_file(folder_ / "s.stk");
  write_file_atomically(folder_ / "s.stk", ByteSpan(whole).first(whole.size() - 64));
  EXPECT_NE(dump().find("cut short"), std::string::npos);
  Bytes newer = whole;
  newer[8] = 2;
  write_file_atomically(folder_ / "s.stk", newer);
  EXPECT_NE(dump().find("version 2"), std::string::npos);
}

}  // namespace
}  // namespace stoker
