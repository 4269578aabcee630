// --init-from: what is taken, converted, left out and refused.
#include "trainer/run/starting_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "libdata/core/error.h"
#include "libdata/core/files.h"
#include "tests/temp_folder.h"
#include "trainer/tensors/tensor_files.h"

namespace stoker {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// Two layers with a norm between them: 6 parameters, 3 buffers.
struct Network : torch::nn::Module {
  explicit Network(int64_t classes = 2) {
    first = register_module("first", torch::nn::Conv2d(1, 4, 3));
    norm = register_module("norm", torch::nn::BatchNorm2d(4));
    head = register_module("head", torch::nn::Linear(4, classes));
  }
  torch::nn::Conv2d first{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  torch::nn::Linear head{nullptr};
};

class StartingWeightsTest : public FolderTest {
 protected:
  // The tensors of `network` as they are, or as `type` where they are of floating point.
  NamedTensors tensors_of(const torch::nn::Module& network, torch::ScalarType type) const {
    NamedTensors tensors;
    for (const auto& [name, tensor] : state_dict(network)) {
      tensors.emplace_back(name, tensor.is_floating_point() ? tensor.detach().to(type) : tensor);
    }
    return tensors;
  }

  std::string refusal(const NamedTensors& tensors, ErrorCode code) {
    write_tensors(path_, tensors, {});
    Network network;
    const torch::Tensor before = network.head->weight.detach().clone();
    try {
      load_starting_weights(path_, network);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
      EXPECT_TRUE(torch::equal(network.head->weight, before));
      return error.what();
    }
    return "";
  }

  // What loading the file says.
  std::string warning(const Network& network) const {
    ::testing::internal::CaptureStdout();
    load_starting_weights(path_, network);
    return ::testing::internal::GetCapturedStdout();
  }

  const fs::path path_ = folder_ / "weights.safetensors";
};

TEST_F(StartingWeightsTest, OtherPrecisionsAreConverted) {
  for (const auto type : {torch::kFloat16, torch::kBFloat16, torch::kFloat64, torch::kFloat32}) {
    const Network source;
    write_tensors(path_, tensors_of(source, type), {});
    Network network;
    load_starting_weights(path_, network);
    EXPECT_TRUE(torch::equal(network.first->weight,
                             source.first->weight.detach().to(type).to(torch::kFloat32)));
    EXPECT_TRUE(torch::equal(network.norm->running_var, source.norm->running_var));
  }
}

TEST_F(StartingWeightsTest, AnotherHeadStartsAtRandomAndIsNamed) {
  const Network source(5);
  write_tensors(path_, tensors_of(source, torch::kFloat32), {});
  Network network;
  const torch::Tensor random = network.head->weight.detach().clone();
  const std::string said = warning(network);
  EXPECT_THAT(said, HasSubstr("2 of the network's 9 tensors have no fitting values"));
  EXPECT_THAT(said, HasSubstr("head.weight ([5,4] there, [2,4] here), head.bias ([5] there"));
  EXPECT_TRUE(torch::equal(network.first->weight, source.first->weight));
  EXPECT_TRUE(torch::equal(network.head->weight, random));
}

TEST_F(StartingWeightsTest, AFileWithoutCountersIsWhole) {
  const Network source;
  NamedTensors tensors = tensors_of(source, torch::kFloat32);
  std::erase_if(tensors, [](const auto& item) { return item.first.ends_with("_tracked"); });
  ASSERT_EQ(tensors.size(), 8u);
  write_tensors(path_, tensors, {});
  Network network;
  EXPECT_EQ(warning(network), "");
  EXPECT_TRUE(torch::equal(network.head->weight, source.head->weight));
}

TEST_F(StartingWeightsTest, FilesOfTorchSaveAreRefusedWithTheWayOut) {
  for (const std::string& front : {std::string("PK\x03\x04"), std::string("\x80\x02\x8a")}) {
    write_file_atomically(path_, front + std::string(100, '\0'));
    Network network;
    try {
      load_starting_weights(path_, network);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr("samples/torchvision_to_safetensors.py"));
    }
  }
}

TEST_F(StartingWeightsTest, CountersAndNextToNothingAreRefused) {
  EXPECT_THAT(refusal({{"norm.num_batches_tracked", torch::zeros({}, torch::kInt64)}},
                      ErrorCode::kInvalidArgument),
              HasSubstr("only 0 of its 6 parameters"));
  EXPECT_THAT(refusal({{"head.bias", torch::zeros({2})}, {"norm.bias", torch::zeros({4})}},
                      ErrorCode::kInvalidArgument),
              HasSubstr("only 2 of its 6 parameters"));
  // Integers are no weights, whatever their shape.
  EXPECT_THAT(refusal(tensors_of(Network(), torch::kInt8), ErrorCode::kInvalidArgument),
              HasSubstr("only 0 of its 6"));
  // The wrapper of data-parallel training renames everything: what is there is shown.
  NamedTensors wrapped;
  for (const auto& [name, tensor] : state_dict(Network()))
    wrapped.emplace_back("module." + name, tensor);
  EXPECT_THAT(refusal(wrapped, ErrorCode::kInvalidArgument), HasSubstr("module.first.weight F32"));
}

TEST_F(StartingWeightsTest, ValuesThatAreNotFiniteAreRefused) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), 1e300}) {  // 1e300: not in F32
    NamedTensors tensors = tensors_of(Network(), torch::kFloat64);
    tensors[1].second[0] = bad;
    EXPECT_THAT(refusal(tensors, ErrorCode::kCorrupt), HasSubstr("not finite"));
  }
}

}  // namespace
}  // namespace stoker
