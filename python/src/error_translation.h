// stoker::Error to the exceptions of stoker/_errors.py, each with path and offset.
#pragma once

namespace stoker {

void register_error_translation();  // once, when the module is loaded

}  // namespace stoker
