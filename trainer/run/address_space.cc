#include "trainer/run/address_space.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstdint>

#include "libdata/core/error.h"
#include "libdata/core/units.h"

namespace stoker {
namespace {

// Of each thread: OpenBLAS's buffer and the stack. Of all: what LibTorch takes at its first
// convolution, beside them.
constexpr uint64_t kBytesOfThread = uint64_t{72} << 20;
constexpr uint64_t kBytesOfAll = uint64_t{512} << 20;

}  // namespace

void check_address_space(int threads) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const uint64_t needed = kBytesOfAll + static_cast<uint64_t>(threads) * kBytesOfThread;
  void* const trial =
      ::mmap(nullptr, needed, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (trial != MAP_FAILED) {
    ::munmap(trial, needed);
    return;
  }
  throw Error(ErrorCode::kIo,
              "the limit on address space (ulimit -v) is " + format_byte_count(limit.rlim_cur) +
                  ", which leaves less than the " + format_byte_count(needed) +
                  " that LibTorch needs to start: raise it, or use fewer --threads");
}

}  // namespace stoker
