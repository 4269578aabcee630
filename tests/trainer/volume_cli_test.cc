// `train --model unet3d` and `predict` as a user runs them, on sample scrolls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "libdata/core/files.h"
#include "libdata/image/image_codec.h"
#include "tests/cli/command.h"
#include "trainer/predict/volume_panel.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class VolumeCommands : public testing::CommandTest {
 protected:
  // Three volumes of 48^3, one of them held out; packed with moments and distances.
  void SetUp() override {
    CommandTest::SetUp();
    const auto made =
        run("make-sample-scrolls --output scrolls --count 3 --size 48 && "
            "pack-volumes --input scrolls --output packed --val-scroll 26002 --targets distance "
            "--moments --quiet");
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  // Small and quick, but for what `more` says itself.
  static std::string train(const std::string& output, const std::string& more) {
    std::string line = "train --model unet3d --base 2 --depth 2 --device cpu --threads 2 " +
                       std::string("--batch-size 2 --patches-per-volume 3 --log-every 1 ") +
                       "--output-dir " + output + " " + more;
    for (const auto& [flag, value] :
         {std::pair{" --shards ", "packed"}, {" --crop ", "16"}, {" --epochs ", "2"}}) {
      if (line.find(flag) == std::string::npos) line += flag + std::string(value);
    }
    return line;
  }

  // The events of metrics.jsonl of one kind.
  std::vector<nlohmann::json> events(const std::string& output, const std::string& kind) const {
    std::vector<nlohmann::json> found;
    std::istringstream lines(text_of(folder_ / output / "metrics.jsonl"));
    for (std::string line; std::getline(lines, line);) {
      const auto event = nlohmann::json::parse(line);
      if (event["event"] == kind) found.push_back(event);
    }
    return found;
  }
};

TEST_F(VolumeCommands, TrainsAndValidatesOnTheHeldOutScroll) {
  const auto trained = run(train("run", "--cldice-weight 0.3 --boundary-weight 0.3"));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("features: computed"));
  const auto epochs = events("run", "epoch");
  ASSERT_EQ(epochs.size(), 2u);
  for (const char* name : {"train_loss", "train_loss_ce", "train_loss_dice", "train_loss_cldice",
                           "train_loss_boundary"}) {
    EXPECT_TRUE(epochs[1][name].is_number()) << name;
  }
  for (const char* name : {"val_dice", "val_surface_dice", "val_voi_score"}) {
    ASSERT_TRUE(epochs[1][name].is_number()) << name;
    EXPECT_GE(epochs[1][name].get<double>(), 0.0) << name;
    EXPECT_LE(epochs[1][name].get<double>(), 1.0) << name;
  }
}

TEST_F(VolumeCommands, AResumedRunEndsWithTheBitsOfOneLeftAlone) {
  ASSERT_EQ(run(train("whole", "")).exit_code, 0);
  ASSERT_EQ(run(train("parts", "--auto-resume --save-every 1")).exit_code, 0);
  // As if killed after an earlier step: only that step's checkpoint is left.
  const auto again = run("rm parts/final.safetensors && ls parts/checkpoints");
  ASSERT_EQ(again.exit_code, 0);
  const std::vector<fs::path> saved = list_folders(folder_ / "parts" / "checkpoints");
  ASSERT_EQ(saved.size(), 2u);
  fs::remove_all(saved.back());
  const auto resumed = run(train("parts", "--auto-resume --save-every 1"));
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(read_file(folder_ / "whole" / "final.safetensors"),
            read_file(folder_ / "parts" / "final.safetensors"));
}

TEST_F(VolumeCommands, PredictsAMaskAReportAndAPanel) {
  ASSERT_EQ(run(train("run", "--epochs 1")).exit_code, 0);
  const auto predicted =
      run("predict --checkpoint run --input packed --output masks --no-flips --json report.json "
          "--panel panel.png --quiet");
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  const auto report = nlohmann::json::parse(text_of(folder_ / "report.json"));
  EXPECT_EQ(report["split"], "val");
  ASSERT_EQ(report["volumes"].size(), 1u);
  const auto& volume = report["volumes"][0];
  EXPECT_TRUE(volume["surface_dice"].is_number());
  const Bytes mask = read_file(folder_ / "masks" / (volume["name"].get<std::string>() + ".tif"));
  EXPECT_EQ(mask.size(), 8u + 48 * (2 + 10 * 12 + 4 + 48 * 48));
  const Image panel = decode_image(read_file(folder_ / "panel.png"));
  EXPECT_EQ(panel.height, kPanelHeading + 3 * (48 + kPanelGap) - kPanelGap);
  EXPECT_EQ((panel.width + kPanelGap) % 10, 0);  // image, label, six channels, probability, mask
  EXPECT_GE(panel.width, 10 * (48 + kPanelGap) - kPanelGap);
  const auto refused = run("predict --checkpoint run --input packed --output masks --quiet");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--force"));
}

TEST_F(VolumeCommands, PredictionOfTheBestWeightsScoresWhatTrainingSaid) {
  ASSERT_EQ(run(train("run", "--overlap 0.5")).exit_code, 0);
  double best = -1.0;
  for (const auto& epoch : events("run", "epoch"))
    best = std::max(best, epoch["val_surface_dice"].get<double>());
  ASSERT_EQ(run("predict --checkpoint run --input packed --output masks --no-flips "
                "--batch-size 2 --threads 2 --json report.json --quiet")
                .exit_code,
            0);
  const auto report = nlohmann::json::parse(text_of(folder_ / "report.json"));
  EXPECT_NEAR(report["volumes"][0]["surface_dice"].get<double>(), best, 1e-12);
}

TEST_F(VolumeCommands, StoredFeaturesTrainTheSameNetwork) {
  ASSERT_EQ(run("precompute-features --input packed --output features --quiet").exit_code, 0);
  const std::string same = "--turns flips --epochs 1 ";
  ASSERT_EQ(run(train("computed", same)).exit_code, 0);
  const auto trained = run(train("stored", same + "--shards features"));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("features: stored"));
}

TEST_F(VolumeCommands, APatchThatTheNetworkCannotHalveIsAUsageError) {
  const auto refused = run(train("run", "--crop 18"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--crop 18"));
}

TEST_F(VolumeCommands, ABoundaryLossWithoutDistancesSaysHowToGetThem) {
  ASSERT_EQ(run("pack-volumes --input scrolls --output plain --quiet").exit_code, 0);
  const auto refused =
      run("train --model unet3d --shards plain --boundary-weight 1 --output-dir run --device cpu");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--targets distance"));
}

TEST_F(VolumeCommands, WeightsOfAnotherKindAreRefused) {
  const auto refused =
      run("printf '\\002\\000\\000\\000\\000\\000\\000\\000{}' > w.safetensors && "
          "predict --checkpoint w.safetensors --input packed --output masks");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("train --model unet3d"));
}

}  // namespace
}  // namespace stoker
