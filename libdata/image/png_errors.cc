#include "libdata/image/png_errors.h"

#include <cstdio>

namespace stoker {

void leave_png(png_structp png, png_const_charp message) {
  auto& trap = *static_cast<PngErrorTrap*>(png_get_error_ptr(png));
  std::snprintf(trap.message, sizeof(trap.message), "%s", message);
  longjmp(trap.jump, 1);
}

void drop_png_warning(png_structp, png_const_charp) {}

}  // namespace stoker
