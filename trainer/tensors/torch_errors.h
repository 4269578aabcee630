// LibTorch's errors, and memory that runs out, as ours.
//
// Errors: Io where memory ran out, on the CPU or a GPU; Internal for anything else that LibTorch
// throws.
#pragma once

#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>
#include <string>

#include "libdata/core/error.h"

namespace stoker {

Error from_torch(const c10::Error& error);
Error out_of_memory(const std::string& details);

template <typename Work>
void with_our_errors(const Work& work) {
  try {
    work();
  } catch (const c10::Error& error) {
    throw from_torch(error);
  } catch (const std::bad_alloc&) {
    throw out_of_memory("");
  } catch (const std::length_error&) {  // more than any machine could address
    throw out_of_memory("");
  }
}

}  // namespace stoker
