// How often something is done: "2e" is every 2 epochs.
//
// Plain values, pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace stoker {

// "2e": 2 epochs; "500u" (or "500s"): 500 updates, which are steps; "10m", "2h": time. A number
// without a unit is a count of steps.
struct Period {
  enum class Unit { kEpochs, kSteps, kSeconds };

  uint64_t count = 1;
  Unit unit = Unit::kEpochs;
};

// InvalidArgument for anything else, and for 0.
Period parse_period(const std::string& text);

}  // namespace stoker
