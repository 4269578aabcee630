// convert-dataset from formats that other training loops read, as users call it.
#include <gmock/gmock.h>

#include "tests/cli/command.h"
#include "tests/cli/stored_samples.h"

namespace stoker {
namespace {
using ::testing::HasSubstr;
using testing::stored_set;

class ConvertPeers : public testing::CommandTest {};

TEST_F(ConvertPeers, MdsBecomesAPackedSet) {
  const std::string golden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/mds/";
  for (const char* name : {"plain", "zstd", "gz"}) {
    for (const char* threads : {"1", "4"}) {
      expect_success("convert-dataset --quiet --threads " + std::string(threads) + " --input " +
                     golden + name + " --to stk --output " + name + threads);
      expect_success("verify-dataset " + std::string(name) + threads);
    }
    EXPECT_TRUE(stored_set(folder_ / (name + std::string("1"))) ==
                stored_set(folder_ / (name + std::string("4"))));
  }
  EXPECT_EQ(stored_set(folder_ / "plain1").samples.size(), 5u);
  const auto to = run("convert-dataset --quiet --input " + golden + "plain --to mds --output x");
  EXPECT_EQ(to.exit_code, 2);
  EXPECT_THAT(to.err, HasSubstr("--to mds: expected one of"));
}

TEST_F(ConvertPeers, BetonBecomesAPackedSet) {
  const std::string golden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/beton";
  for (const char* threads : {"1", "4"}) {
    expect_success("convert-dataset --quiet --threads " + std::string(threads) + " --input " +
                   golden + " --to stk --output packed" + threads);
    expect_success("verify-dataset packed" + std::string(threads));
  }
  EXPECT_TRUE(stored_set(folder_ / "packed1") == stored_set(folder_ / "packed4"));
  EXPECT_EQ(stored_set(folder_ / "packed1").samples.size(), 9u);
}

TEST_F(ConvertPeers, LmdbBecomesAPackedSet) {
  const std::string golden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/lmdb/";
  for (const char* name : {"pickled.lmdb", "splits.lmdb", "deep_val"}) {
    for (const char* threads : {"1", "4"}) {
      expect_success("convert-dataset --quiet --threads " + std::string(threads) + " --input " +
                     golden + name + " --to stk --output " + name + threads);
      expect_success("verify-dataset " + std::string(name) + threads);
    }
    EXPECT_TRUE(stored_set(folder_ / (name + std::string("1"))) ==
                stored_set(folder_ / (name + std::string("4"))));
  }
  EXPECT_EQ(stored_set(folder_ / "deep_val1").samples.size(), 390u);
}

}  // namespace
}  // namespace stoker
