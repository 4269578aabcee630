#include "libdata/loader/loader_options.h"

#include "libdata/core/error.h"

namespace stoker {

OnError parse_on_error(std::string_view text) {
  if (text == "stop") return OnError::kStop;
  if (text == "skip") return OnError::kSkip;
  throw Error(ErrorCode::kInvalidArgument, "expected stop or skip, found " + std::string(text));
}

IoMode parse_io_mode(std::string_view text) {
  if (text == "mmap") return IoMode::kMmap;
  if (text == "pread") return IoMode::kPread;
  if (text == "direct") return IoMode::kDirect;
  throw Error(ErrorCode::kInvalidArgument,
              "expected mmap, pread or direct, found " + std::string(text));
}

}  // namespace stoker
