#include "trainer/metrics/evaluation_sums.h"

#include "libdata/core/error.h"

namespace stoker {

void EvaluationSums::add(std::string_view name, std::span<const double> values) {
  auto found = by_name.find(name);
  if (found == by_name.end()) {
    by_name.emplace(std::string(name), std::vector<double>(values.begin(), values.end()));
    return;
  }
  std::vector<double>& sums = found->second;
  if (sums.size() != values.size()) {
    throw Error(ErrorCode::kInvalidArgument, "'" + std::string(name) + "' has " +
                                                 std::to_string(sums.size()) + " sums, found " +
                                                 std::to_string(values.size()));
  }
  for (size_t i = 0; i < sums.size(); ++i)
    sums[i] += values[i];
}

void EvaluationSums::add(const EvaluationSums& other) {
  for (const auto& [name, values] : other.by_name)
    add(name, values);
  for (const auto& [name, values] : other.gathered)
    gather(name, values);
}

void EvaluationSums::gather(std::string_view name, std::span<const float> values) {
  auto found = gathered.find(name);
  if (found == gathered.end())
    found = gathered.emplace(std::string(name), std::vector<float>{}).first;
  found->second.insert(found->second.end(), values.begin(), values.end());
}

double EvaluationSums::value(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? 0.0 : found->second.at(0);
}

std::span<const double> EvaluationSums::values(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? std::span<const double>{} : found->second;
}

std::span<const float> EvaluationSums::gathered_values(std::string_view name) const {
  const auto found = gathered.find(name);
  return found == gathered.end() ? std::span<const float>{} : found->second;
}

}  // namespace stoker
