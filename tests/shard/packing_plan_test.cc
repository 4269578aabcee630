// Which samples go to which shard: a pure function of names, sizes, options and seed.
#include <gtest/gtest.h>

#include <set>

#include "libdata/core/error.h"
#include "tests/shard/packing_fixture.h"

namespace stoker {
namespace {
using PackingPlanTest = PackingTest;

TEST_F(PackingPlanTest, PlanHoldsEachItemOnceInShardsNearTheTarget) {
  const PackPlan plan = plan_pack(items_, plan_options_, number_schema(), {});
  std::set<uint64_t> seen;
  for (const PlannedShard& shard : plan.shards) {
    uint64_t bytes = 0;
    for (const uint64_t item : shard.items) {
      EXPECT_TRUE(seen.insert(item).second);
      bytes += items_[item].estimated_bytes;
    }
    EXPECT_NEAR(static_cast<double>(bytes), 24900.0 / 9, 150.0);
  }
  EXPECT_EQ(seen.size(), items_.size());
  EXPECT_EQ(plan.shards.size(), 9u);  // 24,900 bytes
}

TEST_F(PackingPlanTest, PlanGivesEveryShardAnItemEvenWhereOneItemIsHuge) {
  items_.resize(5);
  items_[0].estimated_bytes = 1000000;
  plan_options_.order = PackOrder::kInput;
  for (const PlannedShard& shard : plan_pack(items_, plan_options_, number_schema(), {}).shards) {
    EXPECT_FALSE(shard.items.empty()) << shard.file;
  }
}

// Items of ten shards' size each among small ones: shards used to stay empty in their stead.
TEST_F(PackingPlanTest, PlanOfVeryUnequalItemsLeavesNoShardEmpty) {
  for (const PackOrder order : {PackOrder::kInput, PackOrder::kShuffled}) {
    for (const size_t huge : {0, 50, 199}) {
      plan_options_.order = order;
      items_[huge].estimated_bytes = 30000;
      const PackPlan plan = plan_pack(items_, plan_options_, number_schema(), {});
      size_t items = 0;
      for (const PlannedShard& shard : plan.shards) {
        EXPECT_FALSE(shard.items.empty()) << shard.file;
        EXPECT_EQ(shard.shard_count, plan.shards.size());
        items += shard.items.size();
        uint64_t small = 0;
        for (const uint64_t item : shard.items)
          small += item == huge ? 0 : items_[item].estimated_bytes;
        EXPECT_LE(small, plan_options_.shard_bytes + 150) << shard.file;
      }
      EXPECT_EQ(items, items_.size());
      items_[huge].estimated_bytes = 100;
    }
  }
}

TEST_F(PackingPlanTest, InputOrderIsKept) {
  plan_options_.order = PackOrder::kInput;
  uint64_t next = 0;
  for (const PlannedShard& shard : plan_pack(items_, plan_options_, number_schema(), {}).shards) {
    for (const uint64_t item : shard.items)
      EXPECT_EQ(item, next++);
  }
}

TEST_F(PackingPlanTest, FingerprintChangesWithAnythingThatShapesTheBytes) {
  std::set<uint64_t> prints;
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {}).fingerprint);
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {{"quality", "90"}}).fingerprint);
  plan_options_.seed = 6;
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {}).fingerprint);
  items_[3].content_key = 99;
  prints.insert(plan_pack(items_, plan_options_, number_schema(), {}).fingerprint);
  EXPECT_EQ(prints.size(), 4u);
}

TEST(PackPart, ParsesKOfN) {
  EXPECT_EQ(parse_pack_part("2/8").index, 2u);
  EXPECT_EQ(parse_pack_part("8/8").count, 8u);
  for (const char* text : {"0/8", "9/8", "2", "2/", "/8", "2/8x", "-1/8", ""}) {
    EXPECT_THROW(parse_pack_part(text), Error) << text;
  }
}

}  // namespace
}  // namespace stoker
