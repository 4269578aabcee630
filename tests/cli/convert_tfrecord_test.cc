// convert-dataset to and from TFRecord as users call it.
#include <gmock/gmock.h>

#include "tests/cli/shard_format_fixture.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::stored_set;

class ConvertTfRecord : public testing::ShardFormatTest {};

TEST_F(ConvertTfRecord, ClassificationSetsComeBackEqual) {
  pack_archives();
  expect_success(
      "convert-dataset --quiet --input packed --to tfrecord --shard-size 256KiB --output t");
  EXPECT_TRUE(fs::exists(folder_ / "t/labels.txt"));
  EXPECT_TRUE(fs::exists(folder_ / "t/val-00000-of-00001.tfrecord") ||
              fs::exists(folder_ / "t/val-00000-of-00002.tfrecord"));
  expect_comes_back("t");
}

TEST_F(ConvertTfRecord, FieldsOfEveryKindComeBackEqual) {
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to tfrecord --output t");
  expect_success("convert-dataset --quiet --input t --to stk --output back");
  EXPECT_TRUE(stored_set(folder_ / "back") == stored_set(folder_ / "rich"));
}

TEST_F(ConvertTfRecord, SameFilesOnAnyThreadsInPartsAndAfterKills) {
  expect_same_files_however_made("tfrecord");
}

// Thirty lines of Python that know the specification, and the checksum by its definition.
constexpr const char* kReader = R"(
import struct, sys
def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff
def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff
def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]; at += 1
        value |= (byte & 127) << shift; shift += 7
        if byte < 128: return value, at
def fields(data):
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        size, at = varint(data, at)
        assert tag & 7 == 2
        yield tag >> 3, data[at:at + size]; at += size
def value(kind, data):
    packed = b''.join(v for _, v in fields(data))
    if kind == 1: return [v for _, v in fields(data)]
    if kind == 2: return list(struct.unpack(f'<{len(packed) // 4}f', packed))
    out, at = [], 0
    while at < len(packed):
        v, at = varint(packed, at); out.append(v)
    return out
file = open(sys.argv[1], 'rb').read()
while file:
    size, crc = struct.unpack('<QI', file[:12])
    data = file[12:12 + size]
    assert crc == masked(file[:8]) and struct.unpack('<I', file[12 + size:16 + size])[0] == masked(data)
    (_, features), = fields(data)
    row = {}
    for _, entry in fields(features):
        (_, key), (_, feature) = fields(entry)
        (kind, items), = fields(feature)
        row[key.decode()] = value(kind, items)
    for long in 'image/encoded', 'mask', 'payload': row[long] = len(row[long][0])
    print(row)
    file = file[16 + size:]
)";

TEST_F(ConvertTfRecord, AnIndependentReaderReadsWhatWeWrite) {
  const std::string python = python_with("struct");
  if (python.empty()) GTEST_SKIP() << "no Python here";
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to tfrecord --output t");
  write_file_atomically(folder_ / "read.py", std::string_view(kReader));
  const auto result = run(python + " read.py t/test-00000-of-00001.tfrecord | tail -1");
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("'image/filename': [b'Set A/image.4.JPEG']"),
            HasSubstr("'image/format': [b'PNG'], 'image/height': [6], 'image/width': [4], "
                      "'image/channels': [3]"),
            HasSubstr("'image/class/label': [0], 'image/class/text': [b'zebra']"),
            HasSubstr("'caption': [b'image number 4, gr\\xc3\\xbcn']"), HasSubstr("'payload': 104"),
            HasSubstr("'embedding': [-1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0], "
                      "'embedding/shape': [5, 2]"),
            HasSubstr("'counts': [60004, 60004, 60004, 60004, 60004], 'counts/shape': [5]"),
            HasSubstr("'half': [1.0, -2.0, 2.384185791015625e-07]"),
            HasSubstr("'flags': [1, 2, 255, 4]"), HasSubstr("'number': [1099511627772]")))
      << result.err;
}

TEST_F(ConvertTfRecord, ThePackageReadsWhatWeWrite) {
  const std::string python = python_with("tfrecord, numpy");
  if (python.empty()) GTEST_SKIP() << "no Python with the tfrecord package here";
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to tfrecord --output t");
  write_file_atomically(folder_ / "read.py", std::string_view(R"(
from tfrecord.reader import tfrecord_loader
for s in tfrecord_loader("t/test-00000-of-00001.tfrecord", None,
                         {"image/class/label": "int", "caption": "byte", "half": "float"}):
    print(int(s["image/class/label"][0]), bytes(s["caption"]).decode(), s["half"].tolist()[:2])
)"));
  EXPECT_EQ(run(python + " read.py | tail -1").out, "0 image number 4, grün [1.0, -2.0]\n");
}

TEST_F(ConvertTfRecord, CompressedFilesAreReadInOrder) {
  pack_archives();
  expect_success(
      "convert-dataset --quiet --input packed --to tfrecord --shard-size 256KiB --output t");
  expect_success(
      "mkdir z; cp t/labels.txt z; for i in t/*.tfrecord; do gzip -c $i > z/${i#t/}; done");
  expect_success("convert-dataset --quiet --threads 4 --input z --to stk --output back");
  const auto back = stored_set(folder_ / "back");
  const auto packed = stored_set(folder_ / "packed");
  EXPECT_TRUE(back.samples == packed.samples);
  EXPECT_EQ(back.class_names, packed.class_names);
}

TEST_F(ConvertTfRecord, ADamagedRecordEndsTheRunOrIsLeftOut) {
  write_rich_set();
  expect_success("convert-dataset --quiet --input rich --to tfrecord --output t");
  const fs::path path = folder_ / "t/test-00000-of-00001.tfrecord";
  Bytes file = read_file(path);
  const size_t place = text_of(path).find("image number 2");
  file[place] ^= 1;
  write_file_atomically(path, file);
  const auto stopped = run("convert-dataset --quiet --input t --to stk --output out");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("checksum"), HasSubstr("test-00000-of-00001.tfrecord")));
  const auto skipped =
      run("convert-dataset --quiet --input t --to stk --output out2 --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_EQ(stored_set(folder_ / "out2").samples.size(), 4u);
}

}  // namespace
}  // namespace stoker
