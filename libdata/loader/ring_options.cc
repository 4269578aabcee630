#include "libdata/loader/ring_options.h"

#include <fmt/format.h>

#include "libdata/core/error.h"

namespace stoker {

void check_ring_options(const char* loader, const RingOptions& options) {
  const auto require = [loader](bool holds, const char* expected) {
    if (holds) return;
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: expected {}", loader, expected));
  };
  require(options.world_size >= 1 && options.rank < options.world_size, "a rank below world_size");
  require(options.batches_in_flight >= 2, "at least 2 batches in flight");
  require(options.threads >= 0 && options.threads <= 4096, "0 to 4096 threads");
}

}  // namespace stoker
