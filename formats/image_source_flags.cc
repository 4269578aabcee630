#include "formats/image_source_flags.h"

#include <fmt/format.h>

#include "libdata/core/error.h"

namespace stoker {

void refuse_image_flags(const SourceRequest& request, std::string_view what) {
  if (!request.devkit && request.class_from.empty() && request.exclude.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--devkit, --class-from and --exclude are about folders and tars of "
                          "images; --field says which {} is what",
                          what));
}

}  // namespace stoker
