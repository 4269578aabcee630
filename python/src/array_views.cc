#include "python/src/array_views.h"

#include <nanobind/ndarray.h>

#include <utility>

namespace stoker {
namespace nb = nanobind;
namespace {

nb::dlpack::dtype dlpack_type(DType dtype) {
  const auto bits = static_cast<uint8_t>(dtype_size(dtype) * 8);
  switch (dtype) {
    case DType::kUInt8:
    case DType::kUInt16:
      return {static_cast<uint8_t>(nb::dlpack::dtype_code::UInt), bits, 1};
    case DType::kFloat16:
    case DType::kFloat32:
      return {static_cast<uint8_t>(nb::dlpack::dtype_code::Float), bits, 1};
    default:
      return {static_cast<uint8_t>(nb::dlpack::dtype_code::Int), bits, 1};
  }
}

template <typename Value>
nb::capsule capsule_of(Value value) {
  auto kept = std::make_unique<Value>(std::move(value));
  nb::capsule capsule(kept.get(), [](void* p) noexcept { delete static_cast<Value*>(p); });
  kept.release();
  return capsule;
}

}  // namespace

nb::object read_only_array(const void* data, DType dtype, const ArrayShape& shape,
                           nb::handle owner) {
  using Array = nb::ndarray<nb::numpy, nb::ro>;
  return nb::cast(Array(data, shape.size(), shape.data(), owner, nullptr, dlpack_type(dtype),
                        nb::device::cpu::value),
                  nb::rv_policy::reference);
}

nb::object owned_array(Bytes bytes, DType dtype, const ArrayShape& shape) {
  uint8_t* data = bytes.data();  // stays where it is when the vector is moved
  using Array = nb::ndarray<nb::numpy>;
  return nb::cast(Array(data, shape.size(), shape.data(), capsule_of(std::move(bytes)), nullptr,
                        dlpack_type(dtype), nb::device::cpu::value),
                  nb::rv_policy::reference);
}

nb::object shared_array(const void* data, DType dtype, const ArrayShape& shape,
                        const std::shared_ptr<const void>& memory,
                        const std::vector<int64_t>& strides) {
  using Array = nb::ndarray<nb::numpy>;
  return nb::cast(
      Array(const_cast<void*>(data), shape.size(), shape.data(), capsule_of(memory),
            strides.empty() ? nullptr : strides.data(), dlpack_type(dtype), nb::device::cpu::value),
      nb::rv_policy::reference);
}

}  // namespace stoker
