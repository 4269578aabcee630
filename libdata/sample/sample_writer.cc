#include "libdata/sample/sample_writer.h"

namespace stoker {

bool SampleOutput::has(const PlannedShard& unit) const {
  return std::filesystem::exists(folder() / unit.file);
}

}  // namespace stoker
