#include "libdata/core/error.h"
#include "trainer/predict/tiff_input.h"

namespace stoker {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& path) {
  throw Error(ErrorCode::kInvalidArgument,
              "expected a packed data set (dataset.json); TIFF volumes need packing first "
              "(pack-volumes, on a machine that has it): this build of predict reads none",
              path.string());
}

}  // namespace

std::vector<TiffInputVolume> list_tiff_input(const std::filesystem::path& input) {
  refuse(input);
}

VoxelVolume read_tiff_input(const TiffInputVolume& volume) {
  refuse(volume.path);
}

Hash128 hash_tiff_input(const TiffInputVolume& volume) {
  refuse(volume.path);
}

}  // namespace stoker
