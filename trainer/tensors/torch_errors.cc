#include "trainer/tensors/torch_errors.h"

#include <string>
#include <string_view>

namespace stoker {

Error out_of_memory(const std::string& details) {
  return Error(ErrorCode::kIo,
               "not enough memory (is there a limit: ulimit -v?); a smaller window "
               "or batch size needs less" +
                   (details.empty() ? "" : ". LibTorch says: " + details));
}

Error from_torch(const c10::Error& error) {
  const std::string_view whole = error.what_without_backtrace();
  const std::string first_line(whole.substr(0, whole.find('\n')));
  for (const char* sign : {"can't allocate memory", "out of memory", "not enough memory"}) {
    if (whole.find(sign) != std::string_view::npos) return out_of_memory(first_line);
  }
  return Error(ErrorCode::kInternal, "LibTorch: " + std::string(whole));
}

}  // namespace stoker
