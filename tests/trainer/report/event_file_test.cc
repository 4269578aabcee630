#include "trainer/report/event_file.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "libdata/core/crc32c.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

class EventFileTest : public FolderTest {
 protected:
  // The Events of a file, each of whose frames is checked.
  static std::vector<std::string> events(const std::filesystem::path& path) {
    const std::string all = read_text_file(path);
    std::vector<std::string> events;
    for (size_t at = 0; at < all.size();) {
      uint64_t length = 0;
      std::memcpy(&length, &all.at(at), sizeof length);
      EXPECT_EQ(checksum(all, at + 8), masked(crc32c(as_bytes(all.substr(at, 8)))));
      events.push_back(all.substr(at + 12, length));
      EXPECT_EQ(checksum(all, at + 12 + length), masked(crc32c(as_bytes(events.back()))));
      at += length + 16;
    }
    return events;
  }

  static std::string without_time(const std::string& event) {
    EXPECT_EQ(event[0], 0x09);  // field 1, 64 bits
    return event.substr(9);
  }

  static std::string hex(const std::string& bytes) {
    std::string text;
    for (const char byte : bytes) {
      char digits[3];
      std::snprintf(digits, sizeof digits, "%02x", static_cast<uint8_t>(byte));
      text += digits;
    }
    return text;
  }

 private:
  static uint32_t checksum(const std::string& all, size_t at) {
    uint32_t value = 0;
    std::memcpy(&value, &all.at(at), sizeof value);
    return value;
  }
  static uint32_t masked(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }
};

// The check value of the catalogue of CRC algorithms, and those of RFC 3720, appendix B.4.
TEST(Crc32c, HasThePublishedValues) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8a9136aau);
  EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xff'))), 0x62a8ab43u);
}

// The bytes that TensorBoard 2.21's event_pb2 gives for the same events, but for the time.
TEST_F(EventFileTest, WritesEventsAsProtobufDoes) {
  EventFile file(folder_ / "logs" / "run", 301);
  file.add(300, {{"train/loss", 0.5}, {"lr", 0.1}});
  const std::vector<std::string> found = events(file.path());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(hex(without_time(found[0])),
            "1000"
            "1a0d627261696e2e4576656e743a32");
  EXPECT_EQ(hex(without_time(found[1])), "10ad023a020801");
  EXPECT_EQ(hex(without_time(found[2])),
            "10ac022a1e0a110a0a747261696e2f6c6f7373150000003f0a090a026c7215cdcccc3d");
}

TEST_F(EventFileTest, FreshRunHasNoSessionStart) {
  const EventFile file(folder_, 0);
  EXPECT_EQ(events(file.path()).size(), 1u);
  EXPECT_NE(file.path().filename().string().find("tfevents"), std::string::npos);
}

// What a resumed run says again takes the place of what the killed one said.
TEST_F(EventFileTest, TensorBoardReadsARunThatWasResumed) {
  std::string python;
  for (const char* candidate : {"/usr/bin/python3", "python3"}) {
    const std::string imports = std::string(candidate) + " -c 'import tensorboard' 2>/dev/null";
    if (python.empty() && std::system(imports.c_str()) == 0) python = candidate;
  }
  if (python.empty()) GTEST_SKIP() << "no Python with TensorBoard here";
  {
    EventFile killed(folder_ / "tb", 0);
    for (const uint64_t step : {1, 2, 3, 4})
      killed.add(step, {{"train/loss", 1.0 / static_cast<double>(step)}});
  }
  EventFile resumed(folder_ / "tb", 3);
  resumed.add(3, {{"train/loss", 0.25}});
  write_file_atomically(folder_ / "read.py", std::string_view(R"(
import sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
events = EventAccumulator(sys.argv[1])
events.Reload()
print([(e.step, round(e.value, 6)) for e in events.Scalars('train/loss')])
)"));
  const std::string command = python + " '" + (folder_ / "read.py").string() + "' '" +
                              (folder_ / "tb").string() + "' > '" + (folder_ / "said").string() +
                              "' 2> '" + (folder_ / "errors").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0) << read_text_file(folder_ / "errors");
  EXPECT_EQ(read_text_file(folder_ / "said"), "[(1, 1.0), (2, 0.5), (3, 0.25)]\n");
}

}  // namespace
}  // namespace stoker
