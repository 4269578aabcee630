// convert-dataset from formats that other training loops read, as users call it.
#include <gmock/gmock.h>

#include "tests/cli/command.h"
#include "tests/cli/stored_samples.h"

namespace stoker {
namespace {
using ::testing::HasSubstr;
using testing::stored_set;

class ConvertPeers : public testing::CommandTest {
 protected:
  // Packs golden/`source` on one thread into `name`1 and on four into `name`4: equal sets, whole.
  void expect_packs(const std::string& source, const std::string& name) {
    for (const std::string threads : {"1", "4"}) {
      expect_success("convert-dataset --quiet --threads " + threads + " --input " + kGolden +
                     source + " --to stk --output " + name + threads);
      expect_success("verify-dataset " + name + threads);
    }
    EXPECT_TRUE(stored_set(folder_ / (name + "1")) == stored_set(folder_ / (name + "4")));
  }

  const std::string kGolden = std::string(STOKER_SOURCE_DIR) + "/tests/golden/";
};

TEST_F(ConvertPeers, MdsBecomesAPackedSet) {
  for (const std::string name : {"plain", "zstd", "gz"})
    expect_packs("mds/" + name, name);
  EXPECT_EQ(stored_set(folder_ / "plain1").samples.size(), 5u);
  const auto to =
      run("convert-dataset --quiet --input " + kGolden + "mds/plain --to mds --output x");
  EXPECT_EQ(to.exit_code, 2);
  EXPECT_THAT(to.err, HasSubstr("--to mds: expected one of"));
}

TEST_F(ConvertPeers, BetonBecomesAPackedSet) {
  expect_packs("beton", "packed");
  EXPECT_EQ(stored_set(folder_ / "packed1").samples.size(), 9u);
}

TEST_F(ConvertPeers, LmdbBecomesAPackedSet) {
  for (const std::string name : {"pickled.lmdb", "splits.lmdb", "deep_val"})
    expect_packs("lmdb/" + name, name);
  EXPECT_EQ(stored_set(folder_ / "deep_val1").samples.size(), 390u);
}

}  // namespace
}  // namespace stoker
