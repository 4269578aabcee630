#include "trainer/options/period.h"

#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

struct NamedUnit {
  const char* name;
  Period::Unit unit;
  uint64_t factor;
};

constexpr NamedUnit kUnits[] = {
    {"", Period::Unit::kSteps, 1},     {"u", Period::Unit::kSteps, 1},
    {"s", Period::Unit::kSteps, 1},    {"e", Period::Unit::kEpochs, 1},
    {"m", Period::Unit::kSeconds, 60}, {"h", Period::Unit::kSeconds, 3600}};

std::optional<Period> find_period(const std::string& text) {
  uint64_t count = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || count == 0) return std::nullopt;
  const std::string name(rest, end);
  for (const NamedUnit& unit : kUnits) {
    if (unit.name != name || count > std::numeric_limits<uint64_t>::max() / unit.factor) continue;
    return Period{count * unit.factor, unit.unit};
  }
  return std::nullopt;
}

}  // namespace

Period parse_period(const std::string& text) {
  if (const auto period = find_period(text)) return *period;
  throw Error(
      ErrorCode::kInvalidArgument,
      "expected a period such as 1e (epochs), 500u (updates), 10m or 2h, found '" + text + "'");
}

}  // namespace stoker
