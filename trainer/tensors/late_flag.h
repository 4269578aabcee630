// A truth that a device works out, on its way to the host, without holding up either.
//
// One thread. Ownership: keeps the host's copy until destroyed.
#pragma once

#include <c10/core/Event.h>
#include <torch/torch.h>

#include <optional>

namespace stoker {

class LateFlag {
 public:
  // `flag`: a bool scalar. Its copy is queued behind what is queued now.
  explicit LateFlag(const torch::Tensor& flag);

  // Waits until the device has come to where the copy was queued, and for nothing queued later; on
  // a CPU for nothing at all.
  bool get() const;

 private:
  torch::Tensor host_;
  std::optional<c10::Event> arrived_;  // nothing where the flag was on the host all along
};

}  // namespace stoker
