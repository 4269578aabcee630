// libjpeg's error mechanism, made into stoker::Error. Included by the adapters only.
//
// libjpeg reports a fatal error by a callback that must not return, and damage by "warnings" after
// which it goes on with made-up data. Both leave through longjmp here, since exceptions may not
// cross C frames; trap_jpeg_errors turns the jump into a throw. Code between has only trivially
// destructible locals.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>

#include "libdata/core/error.h"

namespace stoker {

struct JpegErrorTrap {
  jpeg_error_mgr manager;  // first, so that libjpeg's pointer to it is a pointer to the trap
  jmp_buf jump;
};

// Fills in `trap`; assign the result to cinfo.err before jpeg_create_*.
jpeg_error_mgr* install_jpeg_error_trap(JpegErrorTrap& trap);

// The Error for what the trap caught last.
Error jpeg_error(j_common_ptr cinfo);

template <typename Call>
void trap_jpeg_errors(JpegErrorTrap& trap, j_common_ptr cinfo, const Call& call) {
  if (setjmp(trap.jump) != 0) throw jpeg_error(cinfo);
  call();
}

}  // namespace stoker
