// stoker._core: libdata for the package's Python files, which say what users see.
#include <nanobind/nanobind.h>

#include "python/src/bindings.h"
#include "python/src/error_translation.h"

NB_MODULE(_core, module) {
  stoker::register_error_translation();
  stoker::bind_dataset(module);
  stoker::bind_image_stream(module);
  stoker::bind_patch_stream(module);
  stoker::bind_verify(module);
}
