// The parts of the module stoker._core, each bound by a file of its own.
#pragma once

#include <nanobind/nanobind.h>

namespace stoker {

void bind_dataset(nanobind::module_& module);
void bind_image_stream(nanobind::module_& module);
void bind_patch_stream(nanobind::module_& module);
void bind_verify(nanobind::module_& module);

}  // namespace stoker
