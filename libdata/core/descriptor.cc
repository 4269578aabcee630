#include "libdata/core/descriptor.h"

#include <unistd.h>

namespace stoker {

void Descriptor::close() {
  if (number_ >= 0) ::close(std::exchange(number_, -1));
}

}  // namespace stoker
