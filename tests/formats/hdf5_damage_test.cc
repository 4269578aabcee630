// Damaged HDF5 files: whatever libhdf5 makes of them, we end with samples or with an error.
#include <gtest/gtest.h>

#include <fstream>
#include <optional>

#include "formats/hdf5/hdf5_file.h"
#include "formats/hdf5/hdf5_trial.h"
#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "tests/formats/hdf5_fixture.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;
using testing::golden_hdf5;
using testing::golden_image;
using testing::open_hdf5;
using testing::value_of;

// Not synced to the disk: thousands of these are written.
void write_plainly(const fs::path& path, ByteSpan bytes) {
  std::ofstream(path, std::ios::binary) << as_text(bytes);
}

class Hdf5Damage : public FolderTest {
 protected:
  // How many samples could be read; nothing where the file could not be opened. Anything but an
  // Error of the source's fails the test, or ends it.
  std::optional<uint64_t> read_all(ByteSpan bytes) const {
    const fs::path path = folder_ / "damaged.h5";
    write_plainly(path, bytes);
    std::unique_ptr<SourceReader> reader;
    try {
      reader = open_hdf5({path});
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
      return std::nullopt;
    }
    uint64_t good = 0;
    for (uint64_t i = 0; i < std::min<uint64_t>(reader->items().size(), 100); ++i) {
      Sample sample;
      sample.item = i;
      try {
        reader->read(sample);
        ++good;
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
        EXPECT_NE(error.code(), ErrorCode::kInvalidArgument) << error.what();
      }
    }
    return good;
  }

  void flip(const std::string& name, uint64_t seed) const {
    const Bytes whole = read_file(golden_hdf5(name));
    RandomStream random(seed, 0, 0);
    for (int i = 0; i < 200; ++i) {
      Bytes damaged = whole;
      const auto at = static_cast<size_t>(random.next_double() * static_cast<double>(whole.size()));
      damaged[at] ^= static_cast<uint8_t>(1u << static_cast<int>(random.next_double() * 8));
      SCOPED_TRACE(name + ": byte " + std::to_string(at));
      read_all(damaged);
    }
  }
};

// All of them in one trial, as a folder of files is tried: a process each would take long.
TEST_F(Hdf5Damage, PrefixesAreRefused) {
  const Bytes whole = read_file(golden_hdf5("opaque.h5"));
  ASSERT_EQ(read_all(whole), 3u);
  std::vector<fs::path> prefixes;
  for (size_t size = 0; size < whole.size(); ++size) {
    prefixes.push_back(folder_ / std::to_string(size));
    write_plainly(prefixes.back(), ByteSpan(whole).first(size));
  }
  const std::vector<std::string> faults = try_hdf5_files(prefixes);
  for (size_t size = 0; size < whole.size(); ++size) {
    if (!faults[size].empty()) continue;
    EXPECT_THROW(Hdf5File(prefixes[size]).list(), Error) << size;
  }
  for (size_t size = 0; size < whole.size(); size += 97)
    EXPECT_EQ(read_all(ByteSpan(whole).first(size)), std::nullopt) << size;
}

TEST_F(Hdf5Damage, FlippedBytesOfRows) {
  flip("rows.h5", 1);
}
TEST_F(Hdf5Damage, FlippedBytesOfGroups) {
  flip("groups.h5", 2);
}
TEST_F(Hdf5Damage, FlippedBytesOfImageFiles) {
  flip("encoded.h5", 3);
}
TEST_F(Hdf5Damage, FlippedBytesOfNumbers) {
  flip("numbers.h5", 4);
}

// A chunk that is damaged costs its own samples: 2 and 3 of the second chunk along the first axis.
TEST_F(Hdf5Damage, ADamagedChunkCostsItsSamplesAlone) {
  Bytes bytes = read_file(golden_hdf5("rows.h5"));
  const auto intact = testing::open_golden("rows.h5");
  uint64_t harmed_files = 0;
  for (size_t at = 0; at + 1 < bytes.size(); ++at) {
    if (bytes[at] != 0x78 || bytes[at + 1] != 0x5e) continue;  // a zlib stream of h5py's level
    Bytes damaged = bytes;
    damaged[at + 4] ^= 0xff;
    write_plainly(folder_ / "damaged.h5", damaged);
    std::unique_ptr<SourceReader> reader;
    try {
      reader = open_hdf5({folder_ / "damaged.h5"});
    } catch (const Error&) {  // labels are read when the file is opened
      continue;
    }
    uint64_t failed = 0;
    for (uint64_t n = 0; n < 7; ++n) {
      Sample sample;
      sample.item = n;
      try {
        reader->read(sample);
        EXPECT_EQ(testing::bytes_of(value_of(*reader, sample, "image")), golden_image(n));
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kCorrupt) << error.what();
        EXPECT_NE(std::string(error.what()).find("chunk"), std::string::npos) << error.what();
        ++failed;
      }
    }
    EXPECT_LE(failed, 2u);
    harmed_files += failed > 0 ? 1 : 0;
  }
  EXPECT_GE(harmed_files, 4u);
}

}  // namespace
}  // namespace stoker
