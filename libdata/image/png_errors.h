// libpng's error mechanism, made into stoker::Error. Included by the adapters only.
//
// libpng leaves by longjmp; code between setjmp and the jump has only trivially destructible
// locals. Warnings are dropped.
#pragma once

#include <csetjmp>
#include <string>

#include <png.h>

#include "libdata/core/error.h"

namespace stoker {

struct PngErrorTrap {
  jmp_buf jump;
  char message[160];
};

// The callbacks for png_create_*_struct; its error pointer is the trap.
[[noreturn]] void leave_png(png_structp png, png_const_charp message);
void drop_png_warning(png_structp png, png_const_charp message);

template <typename Call>
void trap_png_errors(PngErrorTrap& trap, ErrorCode code, const Call& call) {
  if (setjmp(trap.jump) != 0) throw Error(code, std::string("PNG: ") + trap.message);
  call();
}

}  // namespace stoker
