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

// One file inside a source: a range of bytes of a file on disk (a member of a tar, read in place,
// or a whole file of a folder).
struct SourceItem {
  std::string name;   // as users know it: "n01440764/n01440764_10026.JPEG"; unique in a source
  uint32_t file = 0;  // index into SourceListing::files
  uint64_t offset_bytes = 0;
  uint64_t size_bytes = 0;
  int32_t label = -1;  // class index, -1 where the source has none
};

// A sample that was left out or changed on the way in, and why. Kept in the manifest for ever.
struct SampleNote {
  std::string name;
  std::string reason;
  std::string file;           // source file: base name; of a skipped one, path below the input
  uint64_t offset_bytes = 0;  // where the sample's bytes start in it
};

// Everything a source holds, in the source's own order, found without reading a sample's bytes.
struct SourceListing {
  std::vector<std::string> files;        // paths on disk that the items point into
  std::vector<std::string> archives;     // the paths the user named (for provenance)
  std::vector<std::string> class_names;  // in index order; empty where there are no classes
  std::vector<SourceItem> items;
  std::vector<SampleNote> notes;  // found while listing: an empty archive, a file without label
};

}  // namespace stoker
