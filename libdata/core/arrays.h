// The neutral values that formats, codecs and tools pass to one another.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stoker {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;

// An 8-bit image, rows top to bottom, interleaved: pixels[(y * width + x) * channels + c].
// One channel is gray, three are R, G, B (sRGB, not linear).
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  Bytes pixels;  // height * width * channels bytes
};

// A volume, z slowest and x fastest: voxels[(z * size_zyx[1] + y) * size_zyx[2] + x].
template <typename Voxel>
struct Volume {
  std::array<int64_t, 3> size_zyx{0, 0, 0};
  std::vector<Voxel> voxels;

  int64_t voxel_count() const { return size_zyx[0] * size_zyx[1] * size_zyx[2]; }
};

// A sample that was left out or changed on the way in, and why. Kept in the manifest for ever.
struct SampleNote {
  std::string name;
  std::string reason;
  std::string file;           // source file: base name; of a skipped one, path below the input
  uint64_t offset_bytes = 0;  // where the sample's bytes start in it
};

}  // namespace stoker
