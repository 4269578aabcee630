// What `train` does with volumes whose labels say nothing, or whose bytes are damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/core/random.h"
#include "libdata/shard/packed_dataset.h"
#include "libdata/volume/brick_encoder.h"
#include "libdata/volume/volume_fields.h"
#include "tests/cli/command.h"
#include "tests/pack_job.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uint32_t kSide = 32;
constexpr size_t kVoxels = size_t{kSide} * kSide * kSide;

enum class Labels { kIgnored, kSheet };
struct VolumeToPack {
  std::string split;
  Labels labels;
};

// A bright sheet of four planes in noise.
struct Drawn {
  Bytes image;
  Bytes label;
};

Drawn draw(uint64_t item, Labels labels) {
  RandomStream random(1, 2, item);
  Drawn drawn{Bytes(kVoxels), Bytes(kVoxels, 2)};
  for (size_t i = 0; i < kVoxels; ++i) {
    const size_t z = i / (kSide * kSide);
    const bool sheet = z >= 12 && z < 16;
    drawn.image[i] = static_cast<uint8_t>(random.next_below(80) + (sheet ? 120u : 0u));
    if (labels == Labels::kSheet) drawn.label[i] = sheet;
  }
  return drawn;
}

class UnlabelledVolumes : public testing::CommandTest {
 protected:
  void pack(const std::string& folder, const std::vector<VolumeToPack>& volumes) {
    Schema schema;
    for (const char* name : {kImageField, kLabelField}) {
      Field field;
      field.name = name;
      field.axes = "ZYX";
      schema.fields.push_back(field);
    }
    PackJob job;
    job.plan_options.splits = {"train", "val"};
    for (size_t i = 0; i < volumes.size(); ++i) {
      const uint32_t split = volumes[i].split == "val" ? 1 : 0;
      job.items.push_back({"volume_" + std::to_string(i), 2 * kVoxels, split, i});
    }
    job.manifest.schema = schema;
    job.manifest.tool = "test";
    job.plan = plan_pack(job.items, job.plan_options, schema, {});
    job.options.output = folder_ / folder;
    job.options.quiet = true;
    job.encode = [&](uint64_t item, Sample& sample) {
      const Drawn drawn = draw(item, volumes[item].labels);
      const VolumeShape shape{{kSide, kSide, kSide}, 1, DType::kUInt8};
      sample.buffers = {encode_bricks(shape, drawn.image, BrickContent::kIntensity),
                        encode_bricks(shape, drawn.label, BrickContent::kLabel)};
      sample.values.resize(2);
      for (size_t f = 0; f < 2; ++f) {
        sample.values[f].bytes = sample.buffers[f];
        sample.values[f].codec = Codec::kBricks;
        sample.values[f].shape = sample.values[f].original_shape = {kSide, kSide, kSide, 0};
      }
    };
    run_pack(job);
  }

  // A bit of a stored voxel of the first training volume.
  void damage_first_volume(const std::string& folder) const {
    uint64_t at = 0;
    fs::path path;
    {
      const PackedDataset dataset(folder_ / folder);
      const PackedSplit& split = dataset.split("train");
      const BlobView image = split.blob(0, 0);
      at = image.offset_bytes + image.bytes.size() - 100;
      path = split.shards()[0].path();
    }
    Bytes bytes = read_file(path);
    bytes[at] ^= 0x10;
    write_file_atomically(path, bytes);
  }

  testing::CommandResult train(const std::string& more) const {
    return run(
        "train --model unet3d --base 2 --depth 1 --features image --crop 8 --device cpu "
        "--threads 2 --batch-size 2 --patches-per-volume 4 --shards packed --output-dir run " +
        more);
  }

  nlohmann::json last_epoch() const {
    nlohmann::json last;
    std::istringstream lines(text_of(folder_ / "run" / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      const auto event = nlohmann::json::parse(line);
      if (event["event"] == "epoch") last = event;
    }
    return last;
  }
};

TEST_F(UnlabelledVolumes, ATrainingSetWithoutALabelledVoxelIsRefused) {
  pack("packed", {{"train", Labels::kIgnored}, {"train", Labels::kIgnored}});
  const auto refused = train("--epochs 1");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.err, HasSubstr("packed: no labelled voxel in 2 training volumes"));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "final.safetensors"));
}

TEST_F(UnlabelledVolumes, OneOfThemIsNamedAndTheOthersAreLearntFrom) {
  pack("packed", {{"train", Labels::kSheet}, {"train", Labels::kIgnored}});
  const auto trained = train("--epochs 1");
  EXPECT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("volume_1: no labelled voxel"));
  EXPECT_GT(last_epoch()["train_loss"].get<double>(), 0.0);
}

TEST_F(UnlabelledVolumes, InValidationTheyStayOutOfTheMeans) {
  pack("packed", {{"train", Labels::kSheet}, {"val", Labels::kSheet}});
  ASSERT_EQ(train("--epochs 1").exit_code, 0);
  const auto alone = last_epoch();
  fs::remove_all(folder_ / "packed");
  fs::remove_all(folder_ / "run");
  pack("packed", {{"train", Labels::kSheet}, {"val", Labels::kSheet}, {"val", Labels::kIgnored}});
  const auto trained = train("--epochs 1");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("1 volume with nothing to score"));
  for (const char* name : {"val_dice", "val_surface_dice", "val_voi_score"})
    EXPECT_EQ(last_epoch()[name], alone[name]) << name;
}

TEST_F(UnlabelledVolumes, AValidationWithNothingToScoreChoosesNoBestWeights) {
  pack("packed", {{"train", Labels::kSheet}, {"val", Labels::kIgnored}});
  const auto trained = train("--epochs 2");
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("nothing to score in 1 volume"));
  EXPECT_FALSE(last_epoch().contains("val_surface_dice"));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "best.safetensors"));
  EXPECT_TRUE(fs::exists(folder_ / "run" / "final.safetensors"));
}

TEST_F(UnlabelledVolumes, ADamagedBrickIsNamedStoppedAtOrSkippedAndListed) {
  pack("packed", {{"train", Labels::kSheet}, {"train", Labels::kSheet}});
  damage_first_volume("packed");
  ASSERT_EQ(train("--epochs 1").exit_code, 0) << "raw bricks are not checked unless asked";
  const auto stopped = train("--epochs 1 --force --check-hashes");
  EXPECT_EQ(stopped.exit_code, 1);
  EXPECT_THAT(stopped.err,
              ::testing::ContainsRegex("train-[0-9of-]+.stk: sample 0 'volume_[01]', field image: "
                                       "at byte [0-9]+: brick 0 does not match its hash"));
  const auto skipped = train("--epochs 1 --force --check-hashes --on-error skip");
  EXPECT_EQ(skipped.exit_code, 0) << skipped.err;
  EXPECT_THAT(skipped.err, HasSubstr("left out: train-"));
  EXPECT_THAT(skipped.err, HasSubstr("brick 0 does not match its hash"));
}

TEST_F(UnlabelledVolumes, NothingLeftAfterSkippingIsAnError) {
  pack("packed", {{"train", Labels::kSheet}});
  damage_first_volume("packed");
  const auto trained = train("--epochs 3 --check-hashes --on-error skip");
  EXPECT_EQ(trained.exit_code, 1);
  EXPECT_THAT(trained.err, HasSubstr("no sample is left"));
  EXPECT_THAT(trained.err, HasSubstr("field image"));
}

}  // namespace
}  // namespace stoker
