#include "trainer/feed/upload.h"

#include <cstring>
#include <string>

#include "libdata/core/error.h"

namespace stoker {
namespace {

// The bytes where they lie.
torch::Tensor view(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type) {
  if (bytes.empty()) return torch::empty(sizes, type);
  return torch::from_blob(const_cast<uint8_t*>(bytes.data()), sizes, type);  // is only read
}

torch::Tensor copy_by_pinned_memory(const torch::Tensor& values, const torch::Device& device) {
  const auto options = torch::TensorOptions().dtype(values.dtype()).pinned_memory(true);
  const torch::Tensor pinned = torch::empty(values.sizes(), options);
  std::memcpy(pinned.data_ptr(), values.data_ptr(), values.nbytes());
  return pinned.to(device, /*non_blocking=*/true);
}

}  // namespace

torch::Tensor on_device(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type,
                        const torch::Device& device) {
  const torch::Tensor values = view(bytes, sizes, type);
  if (values.nbytes() != bytes.size()) {
    throw Error(ErrorCode::kInternal, "expected " + std::to_string(values.nbytes()) +
                                          " bytes for a tensor, found " +
                                          std::to_string(bytes.size()));
  }
  return device.is_cpu() ? values : copy_by_pinned_memory(values, device);
}

torch::Tensor copy_to_device(ByteSpan bytes, at::IntArrayRef sizes, torch::ScalarType type,
                             const torch::Device& device) {
  const torch::Tensor values = on_device(bytes, sizes, type, device);
  return device.is_cpu() ? values.clone() : values;
}

}  // namespace stoker
