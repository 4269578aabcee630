// Checkpoints are whole or not there, and damage is found.
#include "trainer/run/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"
#include "trainer/models/segmentation_network.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;

class CheckpointTest : public FolderTest {
 protected:
  CheckpointParts parts() const {
    return checkpoint_parts(*model_, {{"model", "test"}}, optimizer_);
  }

  // Weights, momentum and counters that all say `number`.
  void save(uint64_t number, int64_t keep_last = 3) {
    const torch::NoGradGuard no_grad;
    for (auto& [name, tensor] : state_dict(*model_))
      torch::Tensor(tensor).fill_(double(number));
    for (auto& [name, tensor] : optimizer_.state())
      torch::Tensor(tensor).fill_(double(number) + 1);
    TrainState state;
    state.epoch = number;
    state.step_in_epoch = 1;
    state.options = options_;
    state.data_fingerprint = "data";
    write_checkpoint(folder_, take_snapshot(state, parts()), keep_last);
  }

  std::optional<TrainState> load() {
    return load_newest_checkpoint(folder_, parts(), options_, "data");
  }

  fs::path file(uint64_t number, const std::string& name) const {
    return folder_ / "checkpoints" / ("epoch-0000" + std::to_string(number) + "-step-00000001") /
           name;
  }

  static void flip_bit(const fs::path& path, size_t offset) {
    Bytes bytes = read_file(path);
    bytes.at(offset) = static_cast<uint8_t>(bytes[offset] ^ 4);
    write_file_atomically(path, bytes);
  }

  torch::nn::BatchNorm2d model_{4};
  Optimizer optimizer_{OptimizerOptions{}, *model_};
  OptionList options_{{"--lr", "0.1"}};
};

TEST_F(CheckpointTest, NoneIsNoError) {
  EXPECT_FALSE(load().has_value());
}

TEST_F(CheckpointTest, RestoresEverything) {
  save(1);
  const torch::Tensor random_after = torch::rand({4});
  save(2);
  const torch::Tensor second_random = torch::rand({4});
  EXPECT_EQ(load()->epoch, 2u);
  EXPECT_TRUE(torch::equal(torch::rand({4}), second_random));
  EXPECT_FALSE(torch::equal(random_after, second_random));
  for (const auto& [name, tensor] : state_dict(*model_)) {
    EXPECT_EQ(tensor.to(torch::kFloat64).mean().item<double>(), 2.0) << name;
  }
  for (const auto& [name, tensor] : optimizer_.state()) {
    EXPECT_EQ(tensor.to(torch::kFloat64).mean().item<double>(), 3.0) << name;
  }
}

TEST_F(CheckpointTest, KeepsTheNewest) {
  for (uint64_t number = 1; number <= 4; ++number)
    save(number, 2);
  EXPECT_FALSE(fs::exists(file(2, "state.json")));
  EXPECT_TRUE(fs::exists(file(3, "state.json")));
  EXPECT_TRUE(fs::exists(file(4, "state.json")));
}

TEST_F(CheckpointTest, ADamagedNewestIsLeftOutForTheOneBefore) {
  for (const char* name : {"model.safetensors", "training.safetensors"}) {
    fs::remove_all(folder_);
    save(1);
    save(2);
    flip_bit(file(2, name), fs::file_size(file(2, name)) - 1);
    EXPECT_EQ(load()->epoch, 1u) << name;
    EXPECT_EQ(model_->weight.mean().item<double>(), 1.0) << name;
  }
}

TEST_F(CheckpointTest, EveryFlippedByteOfTheStateIsFound) {
  save(1);
  const Bytes good = read_file(file(1, "state.json"));
  for (size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] = static_cast<uint8_t>(bad[i] ^ 1);
    write_file_atomically(file(1, "state.json"), bad);
    try {
      EXPECT_EQ(load()->epoch, 1u);  // a space more or less changes nothing
      EXPECT_TRUE(std::isspace(good[i]) || std::isspace(bad[i])) << good[i] << " at " << i;
    } catch (const Error&) {
    }
  }
}

TEST_F(CheckpointTest, EveryCutLengthIsFound) {
  save(1);
  const Bytes good = read_file(file(1, "model.safetensors"));
  for (size_t size = 0; size < good.size(); size += 7) {
    write_file_atomically(file(1, "model.safetensors"), ByteSpan(good).first(size));
    EXPECT_THROW(load(), Error) << size;
  }
}

TEST_F(CheckpointTest, AllDamagedIsAnErrorAndNotANewStart) {
  save(1);
  fs::remove(file(1, "training.safetensors"));
  try {
    load();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--force"));
  }
}

TEST_F(CheckpointTest, ADamagedNewestIsSetAsideAndCostsNoGoodOne) {
  save(1, 1);
  save(2, 2);
  flip_bit(file(2, "model.safetensors"), fs::file_size(file(2, "model.safetensors")) - 1);
  ASSERT_EQ(load()->epoch, 1u);
  EXPECT_FALSE(fs::exists(file(2, "")));
  EXPECT_TRUE(fs::exists(file(2, "").parent_path().string() + ".damaged"));
  // An earlier position than the damaged one: kept, although it is the oldest by name.
  TrainState between;
  between.epoch = 1;
  between.step_in_epoch = 2;
  between.options = options_;
  between.data_fingerprint = "data";
  write_checkpoint(folder_, take_snapshot(between, parts()), 1);
  EXPECT_EQ(load()->step_in_epoch, 2u);
}

TEST_F(CheckpointTest, WhereAllAreDamagedNothingIsRenamedAndTheNextStartFailsToo) {
  save(1);
  save(2);
  for (uint64_t number : {1, 2})
    fs::remove(file(number, "training.safetensors"));
  for (int attempt = 0; attempt < 2; ++attempt)
    EXPECT_THROW(load(), Error);
  EXPECT_TRUE(fs::exists(file(2, "state.json")));
}

TEST_F(CheckpointTest, OneWithValuesThatAreNotFiniteIsDamaged) {
  save(1);
  {
    const torch::NoGradGuard no_grad;
    model_->weight.fill_(std::numeric_limits<double>::quiet_NaN());
  }
  TrainState state;
  state.epoch = 2;
  state.options = options_;
  state.data_fingerprint = "data";
  write_checkpoint(folder_, take_snapshot(state, parts()), 3);
  EXPECT_EQ(load()->epoch, 1u);
  EXPECT_EQ(model_->weight.mean().item<double>(), 1.0);
}

TEST_F(CheckpointTest, MovesOnWithoutWritingTheTensorsAgain) {
  save(1);
  const fs::path weights = file(1, "model.safetensors");
  fs::create_hard_link(weights, folder_ / "same");
  TrainState after = *load();
  const CheckpointPosition before = position_of(after);
  after.epoch = 2;
  after.step_in_epoch = 0;
  after.metrics_bytes = 77;
  advance_checkpoint(folder_, before, after);
  const std::vector<FoundCheckpoint> all = list_checkpoints(folder_);
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].position, (CheckpointPosition{2, 0}));
  EXPECT_TRUE(fs::equivalent(all[0].path / "model.safetensors", folder_ / "same"));
  const TrainState back = *load();
  EXPECT_EQ(back.epoch, 2u);
  EXPECT_EQ(back.metrics_bytes, 77u);
}

TEST_F(CheckpointTest, WhatACrashLeftIsIgnored) {
  save(1);
  fs::create_directories(folder_ / "checkpoints" / "epoch-00002-step-00000001.tmp");
  EXPECT_EQ(load()->epoch, 1u);
}

TEST_F(CheckpointTest, AnotherRunsCheckpointIsRefused) {
  save(1);
  options_[0].second = "0.2";
  try {
    load();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  }
}

TEST_F(CheckpointTest, PredictionTakesTheNewestThatIsWhole) {
  save(1);
  save(2);
  const std::string newest = file(2, "").parent_path().string();
  for (const char* suffix : {".damaged", ".removed", ".tmp", "-backup"})
    fs::copy(newest, newest + suffix);
  EXPECT_EQ(find_weights(folder_), fs::path(newest) / "model.safetensors");
}

TEST(TensorFiles, ChannelsLastWeightsAreStoredInCOrder) {
  const TempFolder folder;
  const fs::path path = folder.path() / "weights.safetensors";
  const torch::Tensor values = torch::arange(2 * 3 * 2 * 2, torch::kFloat32).view({2, 3, 2, 2});
  write_tensors(path, {{"w", values.contiguous(torch::MemoryFormat::ChannelsLast)}}, {});
  const SafetensorsFile file(path);
  const auto* stored = reinterpret_cast<const float*>(file.table().find("w")->bytes.data());
  for (int i = 0; i < 24; ++i)
    EXPECT_EQ(stored[i], static_cast<float>(i));
  const torch::Tensor back =
      torch::zeros({2, 3, 2, 2}).contiguous(torch::MemoryFormat::ChannelsLast);
  read_tensors(file, {{"w", back}});
  EXPECT_TRUE(torch::equal(back, values));
  EXPECT_THROW(read_tensors(file, {{"v", back}}), Error);
  EXPECT_THROW(read_tensors(file, {{"w", torch::zeros({24})}}), Error);
  EXPECT_THROW(read_tensors(file, {{"w", back}, {"v", back}}), Error);
  fs::remove(path);
}

}  // namespace
}  // namespace stoker
