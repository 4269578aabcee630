// convert-dataset over data sets drawn at random, to every format that is written and back: equal
// samples, or a refusal that leaves nothing behind. More of them: STOKER_PROPERTY_SETS=500.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>

#include "formats/arrow/arrow_engine.h"
#include "formats/format_table.h"
#include "libdata/image/image_codec.h"
#include "libdata/volume/brick_region.h"
#include "tests/cli/command.h"
#include "tests/cli/random_dataset.h"
#include "tests/cli/stored_samples.h"

namespace stoker {
namespace {
namespace fs = std::filesystem;

class ConvertProperty : public testing::CommandTest {
 protected:
  // What a sample holds, whatever the file format of its images.
  testing::StoredSet contents(const std::string& name) const {
    testing::StoredSet set = testing::stored_set(folder_ / name);
    for (auto& [key, sample] : set.samples) {
      for (auto& [field, value] : sample) {
        if (value.codec == Codec::kRaw) continue;
        const ByteSpan stored = as_bytes(value.bytes);
        const Bytes plain = value.codec == Codec::kBricks
                                ? read_volume(parse_bricks(stored), stored)
                                : decode_image(stored).pixels;
        value.bytes = std::string(as_text(plain));
        value.codec = Codec::kRaw;
      }
    }
    return set;
  }

  // Names and splits that a format has no place for, as its page says: a folder of images puts the
  // class before a name and the kind behind it, nnU-Net takes cases without labels for its tests.
  static void forget_what_is_lost(const std::string& format, bool has_labels,
                                  testing::StoredSet& set) {
    const bool names = format == "folder";
    const bool splits = format == "nnunet" && !has_labels;
    if (splits) set.splits.clear();
    std::vector<std::pair<std::pair<std::string, std::string>, testing::StoredSample>> samples;
    for (auto& [key, sample] : set.samples) {
      const auto& [split, name] = key;
      samples.push_back({{splits ? "" : split, names ? "" : name}, std::move(sample)});
    }
    std::sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) {
      return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    });
    set.samples.clear();
    for (size_t i = 0; i < samples.size(); ++i) {
      auto& [key, sample] = samples[i];
      set.samples[{key.first, names ? std::to_string(i) : key.second}] = std::move(sample);
    }
  }

  void expect_round_trip(const std::string& format) const {
    const std::string quiet = "convert-dataset --quiet ";
    const auto there = run(quiet + "--input packed --to " + format + " --output there");
    if (there.exit_code == 1 || there.exit_code == 2) {
      const bool at_once = there.err.find("--to " + format) != std::string::npos ||
                           there.err.find("expected a field") != std::string::npos;
      // Extents that differ are met while samples are read.
      EXPECT_TRUE(at_once || there.err.find("shape") != std::string::npos) << there.err;
      EXPECT_FALSE(at_once && fs::exists(folder_ / "there")) << there.err;
      return;
    }
    ASSERT_EQ(there.exit_code, 0) << there.err;
    const auto back = run(quiet + "--input there --to stk --output again");
    ASSERT_EQ(back.exit_code, 0) << back.err;
    testing::StoredSet before = contents("packed");
    testing::StoredSet after = contents("again");
    const bool has_labels = before.schema.find("label").has_value();
    forget_what_is_lost(format, has_labels, before);
    forget_what_is_lost(format, has_labels, after);
    EXPECT_EQ(after.class_names, before.class_names);
    EXPECT_EQ(after.splits, before.splits);
    // A format may tell more than there was: spacing, say.
    for (auto& [key, sample] : after.samples)
      std::erase_if(sample, [&](const auto& field) { return !before.schema.find(field.first); });
    EXPECT_TRUE(after.samples == before.samples);
    for (const Field& field : before.schema.fields) {
      const Field& same = after.schema.fields[after.schema.require(field.name)];
      EXPECT_EQ(same.dtype, field.dtype) << field.name;
      EXPECT_EQ(same.axes, field.axes) << field.name;
      EXPECT_EQ(same.storage, field.storage) << field.name;
    }
  }
};

TEST_F(ConvertProperty, ThereAndBackOrRefused) {
  const char* asked = std::getenv("STOKER_PROPERTY_SETS");
  const int count = asked != nullptr ? std::atoi(asked) : 12;
  for (int seed = 0; seed < count; ++seed) {
    testing::RandomDataset set(static_cast<uint32_t>(seed));
    set.write(folder_ / "packed");
    for (const Format* format : all_formats()) {
      if (format->make_output == nullptr) continue;
      if (format->name == "parquet" && !has_arrow_engine()) continue;
      SCOPED_TRACE(std::string(format->name) + ", set " + std::to_string(seed) + ": " +
                   set.description());
      expect_round_trip(std::string(format->name));
      for (const char* folder : {"there", "again"})
        fs::remove_all(folder_ / folder);
    }
    fs::remove_all(folder_ / "packed");
  }
}

}  // namespace
}  // namespace stoker
