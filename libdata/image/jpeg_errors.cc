#include "libdata/image/jpeg_errors.h"

#include <string>

#include <jerror.h>

namespace stoker {
namespace {

[[noreturn]] void leave(j_common_ptr cinfo) {
  longjmp(reinterpret_cast<JpegErrorTrap*>(cinfo->err)->jump, 1);
}

// Warnings after which the pixels are still what the encoder meant.
bool is_harmless(int code) {
  switch (code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_NOT_SEQUENTIAL:
      return true;
    default:
      return false;
  }
}

void on_message(j_common_ptr cinfo, int level) {
  if (level < 0 && !is_harmless(cinfo->err->msg_code)) leave(cinfo);
}

void print_nothing(j_common_ptr) {}

ErrorCode error_code(int jpeg_code) {
  switch (jpeg_code) {
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      return ErrorCode::kUnsupported;
    case JERR_OUT_OF_MEMORY:
      return ErrorCode::kIo;
    default:
      return ErrorCode::kCorrupt;
  }
}

}  // namespace

jpeg_error_mgr* install_jpeg_error_trap(JpegErrorTrap& trap) {
  jpeg_error_mgr* const manager = jpeg_std_error(&trap.manager);
  manager->error_exit = leave;
  manager->emit_message = on_message;
  manager->output_message = print_nothing;
  return manager;
}

Error jpeg_error(j_common_ptr cinfo) {
  char message[JMSG_LENGTH_MAX];
  cinfo->err->format_message(cinfo, message);
  return Error(error_code(cinfo->err->msg_code), "JPEG: " + std::string(message));
}

}  // namespace stoker
