#include "trainer/options/class_weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <numeric>

#include "libdata/core/error.h"
#include "libdata/core/units.h"
#include "trainer/options/number_range.h"

namespace stoker {
namespace {

constexpr const char* kBalanced = "balanced";
constexpr size_t kNamesShown = 20;

double parse_weight(const std::string& text) {
  double weight = 0.0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, weight);
  if (error != std::errc() || rest != end) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--class-weights: expected a number a class, or balanced, found '{}'", text));
  }
  check_range("--class-weights", weight, 0.0, 1e6);
  return weight;
}

std::vector<double> parse_weights(const std::vector<std::string>& given) {
  std::vector<double> weights;
  for (const std::string& text : given)
    weights.push_back(parse_weight(text));
  return weights;
}

std::string listed(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesShown);
  const std::string list = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
  return shown == names.size() ? list : list + fmt::format(" and {} more", names.size() - shown);
}

std::vector<double> balanced_weights(std::span<const uint64_t> counts) {
  const double samples =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), uint64_t{0}));
  const auto classes = static_cast<double>(
      std::count_if(counts.begin(), counts.end(), [](uint64_t count) { return count > 0; }));
  std::vector<double> weights;
  for (const uint64_t count : counts)
    weights.push_back(count > 0 ? samples / (classes * static_cast<double>(count)) : 0.0);
  return weights;
}

}  // namespace

void declare_class_weights(CLI::App& app, std::vector<std::string>& given) {
  app.add_option("--class-weights", given,
                 "Of the classes in the cross-entropy, in their order, as 1,2,0.5; or balanced: a "
                 "class counts for as much as another, however few samples it has")
      ->delimiter(',')
      ->type_name("WEIGHT");
}

bool is_balanced(const std::vector<std::string>& given) {
  return given.size() == 1 && given.front() == kBalanced;
}

void check_class_weights(const std::vector<std::string>& given) {
  if (given.empty() || is_balanced(given)) return;
  const std::vector<double> weights = parse_weights(given);
  if (std::any_of(weights.begin(), weights.end(), [](double weight) { return weight > 0.0; }))
    return;
  throw Error(ErrorCode::kInvalidArgument, "--class-weights: every class has weight 0");
}

std::string class_weights_text(const std::vector<std::string>& given) {
  return is_balanced(given) ? kBalanced : fmt::format("{}", fmt::join(parse_weights(given), ","));
}

std::vector<double> class_weights_of(const std::vector<std::string>& given,
                                     const std::vector<std::string>& class_names,
                                     std::span<const uint64_t> counts) {
  if (is_balanced(given)) return balanced_weights(counts);
  std::vector<double> weights = parse_weights(given);
  if (weights.size() == class_names.size()) return weights;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--class-weights has {}; expected one for each of {}: {}",
                          counted(weights.size(), "weight"), counted(class_names.size(), "class"),
                          listed(class_names)));
}

}  // namespace stoker
