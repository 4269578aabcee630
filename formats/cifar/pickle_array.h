// NumPy arrays and lists of numbers or texts among pickled values.
//
// Thread-safety: pure functions. Ownership: elements lie in the pickle, or in the values. Errors:
// Unsupported where the value is something else; Corrupt where an array's parts do not fit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "formats/cifar/pickle_values.h"
#include "formats/stacked/element_type.h"

namespace stoker {

struct PickledArray {
  ElementType type;
  std::vector<uint64_t> shape;
  bool fortran_order = false;
  ByteSpan elements;  // as many as the shape says
};

// `what`: for messages.
PickledArray pickled_array(const PickleValues& values, const PickleValue& value,
                           const std::string& what);

// Of a list, or of an array with one axis.
std::vector<int64_t> pickled_integers(const PickleValues& values, const PickleValue& value,
                                      const std::string& what);
std::vector<std::string> pickled_texts(const PickleValues& values, const PickleValue& value,
                                       const std::string& what);

}  // namespace stoker
