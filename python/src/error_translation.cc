#include "python/src/error_translation.h"

#include <nanobind/nanobind.h>

#include <exception>

#include "libdata/core/error.h"
#include "libdata/core/stop.h"
#include "python/src/python_text.h"

namespace stoker {
namespace nb = nanobind;
namespace {

const char* class_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "UsageError";
    case ErrorCode::kNotFound:
      return "NotFoundError";
    case ErrorCode::kCorrupt:
      return "CorruptError";
    case ErrorCode::kUnsupported:
      return "UnsupportedError";
    case ErrorCode::kIo:
      return "IoError";
    case ErrorCode::kInternal:
      break;
  }
  return "Error";
}

void translate(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    try {
      const nb::object type = nb::module_::import_("stoker._errors").attr(class_name(error.code()));
      const nb::object offset =
          error.offset_bytes() ? nb::cast(*error.offset_bytes()) : nb::object(nb::none());
      PyErr_SetObject(type.ptr(),
                      type(python_text(error.what()), python_text(error.path()), offset).ptr());
    } catch (nb::python_error& failed) {
      failed.restore();
    }
  } catch (const Stopped&) {
    PyErr_SetNone(PyExc_KeyboardInterrupt);
  }
}

}  // namespace

void register_error_translation() {
  nb::register_exception_translator(translate);
}

}  // namespace stoker
