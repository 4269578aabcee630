// config.json says how a run is set up, --config takes it back, and earlier starts stay told.
#include "trainer/run/run_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "libdata/core/files.h"
#include "libdata/core/option_checks.h"
#include "libdata/core/program.h"
#include "tests/temp_folder.h"

namespace stoker {
namespace {

class RunConfigTest : public FolderTest {
 protected:
  // As run_program does it.
  TrainOptions parse(const std::string& arguments) const {
    TrainOptions options;
    CLI::App app("test");
    app.option_defaults()->always_capture_default();
    check_config_file(app);
    app.set_config("--config");
    declare_train_options(app, options);
    app.parse(arguments);
    settle_options(options);
    options.run.made_with = {{"--device", "cpu"}};
    return options;
  }
  nlohmann::json config() const { return nlohmann::json::parse(read_text_file(file())); }
  std::filesystem::path file() const { return folder_ / "config.json"; }

  // Result options, and those that no weight depends on but a run does.
  static std::string said(const TrainOptions& options) {
    std::string text;
    for (const auto& [flag, value] : result_options(options))
      text += flag + " " + value + "; ";
    const RunOptions& run = options.run;
    return text + run.output_dir + " " + run.checkpoint_dir + " " + run.save_every + " " +
           std::to_string(run.keep_last) + " " + std::to_string(run.log_every) + " " +
           std::to_string(run.target_accuracy) + " " + std::to_string(run.eval_every) + " " +
           run.after_save;
  }
};

TEST_F(RunConfigTest, ComesBackByConfig) {
  for (const char* arguments :
       {"--data a b --val-data c --output-dir O --model resnet18 --crop 64 --val-resize 72 "
        "--channels 3 --mean 0.1,0.2,0.3 --std 1,2,3",
        "--data a --output-dir O --model densenet121 --optimizer adamw --lr 3e-4 --mixup-alpha 0.2 "
        "--cutmix-alpha 1 --use-ema --ema-decay 0.99999 --amp --scheduler onecycle "
        "--checkpoint-interval 2 --save-best-only --target-accuracy 78 --label-smoothing 0.1 "
        "--print-freq 7 --after-save 'cp -r \"$STOKER_CHECKPOINT\" /backup' --progressive-resize",
        "--data a --output-dir O --checkpoint-dir C --model unet3d --base 8 --depth 2 --turns yx "
        "--scheduler step --step-size 3 --accumulate-grad-batches 2",
        "--fake-data --fake-classes 7 --output-dir O --scheduler constant --nesterov --seed "
        "18446744073709551615"}) {
    const TrainOptions options = parse(arguments);
    write_run_config(file(), options, "F", 0);
    EXPECT_EQ(said(parse("--config " + file().string())), said(options)) << arguments;
    std::filesystem::remove(file());
  }
}

TEST_F(RunConfigTest, HoldsDefaultsAndWhatTheyBecame) {
  const TrainOptions options =
      parse("--data a --output-dir O --model resnet18 --batch-size 512 --auto-resume");
  write_run_config(file(), options, "F", 0);
  const nlohmann::json told = config();
  EXPECT_EQ(told["program"], "train");
  EXPECT_EQ(told["version"], kVersion);
  EXPECT_EQ(told["options"]["lr"], 0.2);  // 0.1 * 512 / 256
  EXPECT_EQ(told["options"]["data"], nlohmann::json({"a"}));
  EXPECT_EQ(told["options"]["label-smoothing"], 0);
  EXPECT_EQ(told["options"]["seed"], 0);
  for (const char* foreign :
       {"auto-resume", "resume", "force", "beta1", "base", "step-size", "log-dir"})
    EXPECT_FALSE(told["options"].contains(foreign)) << foreign;
  EXPECT_EQ(told["data"]["fingerprint"], "F");
  EXPECT_EQ(told["made_with"]["--device"], "cpu");
  EXPECT_TRUE(told["made_with"].contains("compiler"));
  EXPECT_EQ(told["starts"].size(), 1u);
  EXPECT_TRUE(is_run_config(file()));
}

TEST_F(RunConfigTest, EarlierStartsSayWhatTheyHadOtherwise) {
  const std::string always = "--data a --output-dir O --model resnet18 ";
  write_run_config(file(), parse(always + "--log-every 10"), "F", 0);
  write_run_config(file(), parse(always + "--log-every 20 --after-save true"), "F", 40);
  write_run_config(file(), parse(always + "--log-every 20 --keep-last 5"), "F", 60);
  const nlohmann::json starts = config()["starts"];
  ASSERT_EQ(starts.size(), 3u);
  EXPECT_EQ(starts[0]["options"], nlohmann::json::parse(R"({"log-every": 10, "keep-last": 2})"));
  EXPECT_EQ(starts[1]["options"],
            nlohmann::json::parse(R"({"after-save": "true", "keep-last": 2})"));
  EXPECT_FALSE(starts[2].contains("options"));
  EXPECT_EQ(starts[1]["step"], 40);
  EXPECT_EQ(config()["options"]["log-every"], 20);
}

TEST_F(RunConfigTest, ADamagedFileIsReplaced) {
  write_file_atomically(file(), "{\"program\": \"train\", \"opt");
  EXPECT_FALSE(is_run_config(file()));
  write_run_config(file(), parse("--data a --output-dir O"), "F", 3);
  EXPECT_EQ(config()["starts"].size(), 1u);
}

}  // namespace
}  // namespace stoker
