// What the tests of formats of shards (WebDataset, TFRecord) have in common: a data set with all
// that such a format may hold, archives of ImageNet packed, and files to compare.
#pragma once

#include <array>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "libdata/image/image_codec.h"
#include "libdata/shard/manifest.h"
#include "libdata/shard/shard_writer.h"
#include "tests/cli/command.h"
#include "tests/cli/stored_samples.h"
#include "tests/sample_archives.h"

namespace stoker::testing {

class ShardFormatTest : public CommandTest {
 protected:
  // "packed": 120 images of ten classes in split train, 40 in val.
  void pack_archives() const {
    const auto archives = draw_archives(folder_ / "archives");
    const std::string pack = "convert-dataset --quiet --to stk --shard-size 192KiB --output ";
    expect_success(pack + "train --input " + archives.train.string());
    expect_success(pack + "val --input " + archives.val.string() + " --devkit " +
                   archives.devkit.string());
    expect_success(pack + "packed --input train val");
  }

  // `converted`, made of `packed`, gives that back; without what only we know, its samples and
  // classes: the format's own files say as much.
  void expect_comes_back(const std::string& converted) const {
    const std::string back = "convert-dataset --quiet --input " + converted + " --to stk --output ";
    expect_success(back + "back");
    EXPECT_TRUE(stored_set(folder_ / "back") == stored_set(folder_ / "packed"));
    expect_success("verify-dataset back");
    expect_success("rm " + converted + "/stoker.json");
    expect_success(back + "foreign");
    const auto foreign = stored_set(folder_ / "foreign");
    const auto packed = stored_set(folder_ / "packed");
    EXPECT_TRUE(foreign.samples == packed.samples);
    EXPECT_EQ(foreign.class_names, packed.class_names);
  }

  // Of `packed`: one thread, several, parts in any order, runs that were killed.
  void expect_same_files_however_made(const std::string& format) const {
    pack_archives();
    const std::string command =
        "convert-dataset --quiet --input packed --to " + format + " --shard-size 64KiB";
    for (const char* threads : {"1", "5"})
      expect_success(command + " --threads " + threads + " --output t" + threads);
    for (const char* part : {"2", "3", "1"})
      expect_success(command + " --output parts --part " + part + "/3");
    for (const char* delay : {"0.01", "0.02", "0.04"}) {
      run(std::string("timeout --signal=KILL ") + delay + " " + command +
          " --output killed --resume; true");
    }
    expect_success(command + " --output killed --resume");
    const auto one = files_below("t1");
    EXPECT_GT(one.size(), 6u);
    for (const char* other : {"t5", "parts", "killed"})
      EXPECT_TRUE(files_below(other) == one) << other;
  }

  static Field make_field(const char* name, Storage storage, DType dtype, const char* axes,
                          std::vector<int64_t> shape = {}, const char* unit = "") {
    Field field;
    field.name = name;
    field.storage = storage;
    field.dtype = dtype;
    field.axes = axes;
    field.shape = std::move(shape);
    field.unit = unit;
    return field;
  }

  static Schema rich_schema() {
    Schema schema;
    schema.fields = {make_field("image", Storage::kBlob, DType::kUInt8, "HWC"),
                     make_field("label", Storage::kInline, DType::kInt32, ""),
                     make_field("mask", Storage::kBlob, DType::kUInt8, "HWC"),
                     make_field("caption", Storage::kBlob, DType::kUInt8, "B", {}, "utf-8"),
                     make_field("payload", Storage::kBlob, DType::kUInt8, "B"),
                     make_field("embedding", Storage::kBlob, DType::kFloat32, "PQ"),
                     make_field("counts", Storage::kBlob, DType::kUInt16, "N"),
                     make_field("half", Storage::kInline, DType::kFloat16, "C", {3}),
                     make_field("flags", Storage::kInline, DType::kUInt8, "RS", {2, 2}),
                     make_field("number", Storage::kInline, DType::kInt64, "", {})};
    return schema;
  }

  // "rich": five samples whose values follow from their number.
  void write_rich_set() const {
    std::filesystem::create_directories(folder_ / "rich");
    ShardHeader header;
    header.fingerprint = 5;
    ShardWriter writer(folder_ / "rich" / shard_file_name("test", 0, 1), header, rich_schema());
    for (int i = 0; i < 5; ++i)
      write_rich_sample(i, writer);
    ShardMeta meta;
    meta.split = "test";
    meta.class_names = {"zebra", "ant"};
    Manifest manifest;
    manifest.tool = "test";
    manifest.tool_version = "1";
    manifest.fingerprint = 5;
    manifest.schema = rich_schema();
    manifest.class_names = meta.class_names;
    manifest.splits = {{"test", {writer.finish(meta)}}};
    manifest.sources = {{"x", 1}};
    write_manifest(folder_ / "rich" / kManifestName, manifest);
  }

 private:
  template <typename T>
  static Bytes bytes_of(const std::vector<T>& values) {
    const auto* data = reinterpret_cast<const uint8_t*>(values.data());
    return Bytes(data, data + values.size() * sizeof(T));
  }

  static void write_rich_sample(int i, ShardWriter& writer) {
    const auto gray = static_cast<uint8_t>(50 * i);
    const uint32_t n = static_cast<uint32_t>(i);
    const Bytes png = encode_png({6, 4, 3, Bytes(6 * 4 * 3, gray)});
    const Bytes mask = encode_png({6, 4, 1, Bytes(6 * 4, static_cast<uint8_t>(i))});
    const Bytes label = bytes_of<int32_t>({i % 2});
    const std::string caption = "image number " + std::to_string(i) + ", grün";
    Bytes payload(100 + n, static_cast<uint8_t>(255 - i));
    payload.front() = 0;
    std::vector<float> embedding(2 * (n + 1), 0.25f * static_cast<float>(i));
    embedding.front() = -1.5f;
    const Bytes embedding_bytes = bytes_of(embedding);
    const Bytes counts = bytes_of(std::vector<uint16_t>(n + 1, static_cast<uint16_t>(60000 + i)));
    const Bytes half = bytes_of<uint16_t>({0x3c00, 0xc000, static_cast<uint16_t>(n)});
    const Bytes flags = bytes_of<uint8_t>({1, 2, 255, static_cast<uint8_t>(i)});
    const Bytes number = bytes_of<int64_t>({(int64_t{1} << 40) - i});
    const auto blob = [](ByteSpan bytes, Codec codec, Extents shape) {
      FieldValue value;
      value.bytes = bytes;
      value.codec = codec;
      value.shape = value.original_shape = shape;
      return value;
    };
    const auto in_line = [](ByteSpan bytes) {
      FieldValue value;
      value.bytes = bytes;
      return value;
    };
    const auto size = [](auto& bytes) { return static_cast<uint32_t>(bytes.size()); };
    const std::array values{blob(png, Codec::kPng, {6, 4, 3, 0}),
                            in_line(label),
                            blob(mask, Codec::kPng, {6, 4, 1, 0}),
                            blob(as_bytes(caption), Codec::kRaw, {size(caption), 0, 0, 0}),
                            blob(payload, Codec::kRaw, {size(payload), 0, 0, 0}),
                            blob(embedding_bytes, Codec::kRaw, {n + 1, 2, 0, 0}),
                            blob(counts, Codec::kRaw, {n + 1, 0, 0, 0}),
                            in_line(half),
                            in_line(flags),
                            in_line(number)};
    writer.append("Set A/image." + std::to_string(i) + ".JPEG", values);
  }
};

}  // namespace stoker::testing
