#include "trainer/metrics/voi_score.h"

#include <array>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "libdata/core/parallel.h"
#include "trainer/metrics/connected_components.h"

namespace stoker {
namespace {

// Voxels of every pair of components that meet; an ordered map, so that sums over it always run in
// the same order.
using Contingency = std::map<std::pair<int32_t, int32_t>, uint64_t>;

Contingency count_pairs(const std::vector<int32_t>& truth, const std::vector<int32_t>& prediction) {
  Contingency pairs;
  for (size_t i = 0; i < truth.size();) {
    const std::pair<int32_t, int32_t> pair{truth[i], prediction[i]};
    size_t end = i + 1;
    while (end < truth.size() && truth[end] == pair.first && prediction[end] == pair.second)
      ++end;
    if (pair.first != 0 || pair.second != 0) pairs[pair] += end - i;
    i = end;
  }
  return pairs;
}

}  // namespace

VariationOfInformation variation_of_information(const Zyx& size_zyx,
                                                std::span<const uint8_t> truth_zyx,
                                                std::span<const uint8_t> prediction_zyx) {
  std::array<Components, 2> components;
  run_parallel(2, [&](uint64_t i) {
    components[i] = connected_components(size_zyx, i == 0 ? truth_zyx : prediction_zyx);
  });
  const Contingency pairs = count_pairs(components[0].labels_zyx, components[1].labels_zyx);
  std::vector<double> in_truth(static_cast<size_t>(components[0].count) + 1);
  std::vector<double> in_prediction(static_cast<size_t>(components[1].count) + 1);
  double all = 0.0;
  for (const auto& [pair, count] : pairs) {
    const auto voxels = static_cast<double>(count);
    in_truth[static_cast<size_t>(pair.first)] += voxels;
    in_prediction[static_cast<size_t>(pair.second)] += voxels;
    all += voxels;
  }
  VariationOfInformation voi;
  for (const auto& [pair, count] : pairs) {
    const auto voxels = static_cast<double>(count);
    voi.split_bits -= voxels / all * std::log2(voxels / in_truth[static_cast<size_t>(pair.first)]);
    voi.merge_bits -=
        voxels / all * std::log2(voxels / in_prediction[static_cast<size_t>(pair.second)]);
  }
  return voi;
}

double voi_score(const VariationOfInformation& voi) {
  return 1.0 / (1.0 + 0.3 * voi.total_bits());
}

}  // namespace stoker
