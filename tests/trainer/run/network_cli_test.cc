// Flags that change how a network is built, run and written, in whole runs of `train`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "libdata/core/files.h"
#include "tests/trainer/run/train_command.h"
#include "trainer/tensors/safetensors.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using testing::TrainCommand;

class NetworkFlags : public TrainCommand {
 protected:
  std::map<std::string, std::string> metadata(const std::string& weights) const {
    return SafetensorsFile(folder_ / weights).table().metadata;
  }
  static constexpr const char* kEvaluate =
      "train --model resnet18 --data train --val-data val --batch-size 8 --crop 16 --threads 2 "
      "--device cpu --eval-only ";
};

TEST_F(NetworkFlags, ActivationsComputedAgainChangeNothing) {
  const std::string brief = "--epochs 2 --log-every 1 --val-shards val ";
  ASSERT_EQ(run(train("kept", brief)).exit_code, 0);
  const auto result = run(train("again", brief + "--gradient-checkpointing"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(metrics("again"), metrics("kept"));
  EXPECT_EQ(read_file(folder_ / "again" / "final.safetensors"),
            read_file(folder_ / "kept" / "final.safetensors"));
  // Nor does it matter to a run that is continued.
  const auto resumed = run(train("kept", brief + "--gradient-checkpointing --resume"));
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
}

TEST_F(NetworkFlags, TheMemoryEstimateKnowsWhatIsNotKept) {
  const std::string trial =
      "train --fake-data --fake-classes 7 --model resnet18 --crop 64 --batch-size 8 --threads 2 "
      "--device cpu --dry-run --json out.json ";
  std::vector<double> activations;
  for (const char* flag : {"", "--gradient-checkpointing"}) {
    const auto result = run(trial + flag);
    ASSERT_EQ(result.exit_code, 0) << result.err;
    const nlohmann::json report = nlohmann::json::parse(read_text_file(folder_ / "out.json"));
    activations.push_back(report["memory_bytes"]["activations"]);
  }
  EXPECT_LT(activations[1], 0.7 * activations[0]);
}

TEST_F(NetworkFlags, BlurredNetworksAreToldFromOthers) {
  const std::string brief = "--epochs 1 --limit-batches 2 ";
  ASSERT_EQ(run(train("plain", brief)).exit_code, 0);
  const auto result = run(train("blurred", brief + "--blurpool"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(metadata("blurred/final.safetensors")["blurpool"], "1");
  EXPECT_FALSE(metadata("plain/final.safetensors").contains("blurpool"));
  EXPECT_NE(read_file(folder_ / "blurred" / "final.safetensors"),
            read_file(folder_ / "plain" / "final.safetensors"));

  const std::string init = "--init-from blurred/final.safetensors ";
  const auto without = run(kEvaluate + init);
  EXPECT_EQ(without.exit_code, 2);
  EXPECT_THAT(without.err, HasSubstr("of a network with --blurpool"));
  EXPECT_EQ(run(kEvaluate + init + "--blurpool").exit_code, 0);
  const auto with = run(std::string(kEvaluate) + "--blurpool --init-from plain/final.safetensors ");
  EXPECT_EQ(with.exit_code, 2);
  EXPECT_THAT(with.err, HasSubstr("of a network without it"));
  // A run goes on as it began.
  const auto resumed = run(train("blurred", "--epochs 1 --limit-batches 2 --resume"));
  EXPECT_NE(resumed.exit_code, 0);
  EXPECT_THAT(resumed.err, HasSubstr("--blurpool"));
  // Weights have the same names with it and without.
  EXPECT_EQ(run(train("begun", brief + "--init-from blurred/final.safetensors")).exit_code, 0);
}

TEST_F(NetworkFlags, BestAndFinalWeightsAreExported) {
  const auto result =
      run(train("run", "--epochs 1 --limit-batches 2 --val-shards val --export torchscript"));
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* name : {"best.torchscript.pt", "final.torchscript.pt"})
    EXPECT_EQ(read_text_file(folder_ / "run" / name).substr(0, 2), "PK");
  // A run that has ended, too.
  fs::remove(folder_ / "run" / "best.torchscript.pt");
  ASSERT_EQ(run(train("run",
                      "--epochs 1 --limit-batches 2 --val-shards val --export torchscript "
                      "--resume"))
                .exit_code,
            0);
  EXPECT_TRUE(fs::exists(folder_ / "run" / "best.torchscript.pt"));
  // Thrown away with the run that wrote them.
  ASSERT_EQ(run(train("run", "--epochs 1 --limit-batches 2 --force")).exit_code, 0);
  EXPECT_FALSE(fs::exists(folder_ / "run" / "final.torchscript.pt"));
  EXPECT_EQ(run(train("other", "--export onnx")).exit_code, 2);
}

}  // namespace
}  // namespace stoker
