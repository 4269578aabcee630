#include "trainer/tensors/late_flag.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <chrono>
#include <thread>

namespace stoker {

LateFlag::LateFlag(const torch::Tensor& flag) : host_(flag) {
  if (flag.device().is_cpu()) return;
  host_ = torch::empty({}, torch::TensorOptions().dtype(torch::kBool).pinned_memory(true));
  host_.copy_(flag, /*non_blocking=*/true);
  // Device-independent, so that nothing of CUDA's own is needed to compile this.
  const c10::impl::VirtualGuardImpl device(flag.device().type());
  arrived_.emplace(flag.device().type());
  arrived_->record(device.getStream(flag.device()));
}

bool LateFlag::get() const {
  while (arrived_ && !arrived_->query())
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  return host_.item<bool>();
}

}  // namespace stoker
