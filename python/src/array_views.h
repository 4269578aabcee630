// NumPy arrays over memory that something else owns.
//
// Shapes are in elements, slowest axis first, C order. The owner lives as long as any array, tensor
// or DLPack capsule that shows the memory. Called with the GIL held.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

using ArrayShape = std::vector<size_t>;

// `data` as it lies there, not to be written to.
nanobind::object read_only_array(const void* data, DType dtype, const ArrayShape& shape,
                                 nanobind::handle owner);

// Memory of the array's own, writable.
nanobind::object owned_array(Bytes bytes, DType dtype, const ArrayShape& shape);

// Part of what `memory` keeps alive, writable. `strides`: in elements; empty: C order.
nanobind::object shared_array(const void* data, DType dtype, const ArrayShape& shape,
                              const std::shared_ptr<const void>& memory,
                              const std::vector<int64_t>& strides = {});

}  // namespace stoker
