// Runs epochs of a patch loader and keeps what came: for tests of what it delivers.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

#include "libdata/core/hash.h"
#include "libdata/loader/patch_loader.h"
#include "tests/loader/volume_split_fixture.h"

namespace stoker {

inline PatchLoaderOptions small_options(PatchInput input = PatchInput::kImage) {
  PatchLoaderOptions options;
  options.sampling.patch_zyx = {16, 24, 20};
  options.sampling.patches_per_volume = 7;
  options.sampling.seed = 42;
  options.input = input;
  options.with_distance = true;
  options.batch_size = 4;
  options.threads = 3;
  return options;
}

// What an epoch gave: a hash of everything in each patch, by where it comes from.
struct Delivered {
  std::vector<uint64_t> patch_hashes;  // in order
  std::vector<PatchPlace> places;
};

template <typename Value>
uint64_t hash_part(std::span<const Value> values, int64_t index, int64_t count) {
  if (values.empty()) return 0;
  const size_t size = values.size() / static_cast<size_t>(count);
  const auto part = values.subspan(static_cast<size_t>(index) * size, size);
  return xxh3_64({reinterpret_cast<const uint8_t*>(part.data()), part.size_bytes()});
}

inline void take(const PatchBatch& batch, Delivered& delivered) {
  for (int64_t i = 0; i < batch.count - batch.padding; ++i) {
    const uint64_t parts[] = {
        hash_part(batch.image, i, batch.count),  hash_part(batch.features, i, batch.count),
        hash_part(batch.label, i, batch.count),  hash_part(batch.distance, i, batch.count),
        hash_part(batch.factor, i, batch.count), hash_part(batch.offset, i, batch.count)};
    delivered.patch_hashes.push_back(
        xxh3_64({reinterpret_cast<const uint8_t*>(parts), sizeof parts}));
    delivered.places.push_back(batch.places[static_cast<size_t>(i)]);
  }
}

// What is left of the epoch that was begun.
inline Delivered take_all(PatchLoader& loader) {
  Delivered delivered;
  while (const auto batch = loader.next())
    take(**batch, delivered);
  return delivered;
}

class PatchLoaderTest : public VolumeSplitTest {
 protected:
  Delivered run(const PackedSplit& split, const PatchLoaderOptions& options, uint64_t epoch = 0,
                uint64_t position = 0) {
    PatchLoader loader(split, schema(), options);
    loader.start_epoch(epoch, position);
    Delivered delivered;
    uint64_t batches = 0;
    while (const auto batch = loader.next()) {
      take(**batch, delivered);
      ++batches;
    }
    EXPECT_EQ(batches, loader.batches_per_epoch(position));
    return delivered;
  }
};

// The voxel of the volume that belongs at a place of a patch.
inline size_t source_voxel(const PatchPlace& place, const Zyx& volume_zyx, const Zyx& at) {
  const Zyx result = place.orientation.oriented(place.box.size_zyx);
  Zyx source{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const size_t along = place.orientation.source_axis[axis];
    source[along] = place.box.begin_zyx[along] +
                    (place.orientation.reversed[axis] ? result[axis] - 1 - at[axis] : at[axis]);
  }
  return static_cast<size_t>((source[0] * volume_zyx[1] + source[1]) * volume_zyx[2] + source[2]);
}

}  // namespace stoker
