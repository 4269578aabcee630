// Volumes stored as TIFF: one page a z, or ImageJ's single directory with many planes, or a series
// of one-page files.
//
// Read: classic and BigTIFF, either byte order, 8- or 16-bit unsigned, one sample a pixel;
// uncompressed, LZW, deflate (8 and 32946), PackBits; predictor 1 or 2; strips and tiles.
// Not supported (Unsupported, never a guess): colour, palettes, white-is-zero, float and signed
// data, other bit depths and codecs, pages turned by an orientation tag, several channels.
// Thread-safety: all functions may be called from any number of threads. Ownership: the files'
// bytes stay the caller's and must outlive the call. Errors: Corrupt or Unsupported, with the byte
// offset of the page's directory where one is at fault; paths are the caller's to add. No size in a
// file is believed before it is compared with what the file's bytes could decode to.
// Source: TIFF 6.0, BigTIFF; ImageJ's TiffEncoder for "images=N".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "libdata/core/arrays.h"
#include "libdata/core/dtype.h"

namespace stoker {

// Where one z plane lies.
struct TiffPlane {
  uint32_t file = 0;             // index into the files given to probe_tiff
  uint32_t plane = 0;            // ImageJ stacks: plane within the one directory; else 0
  uint64_t directory_bytes = 0;  // offset of the page's directory
};

struct TiffStackInfo {
  std::array<int64_t, 3> size_zyx{0, 0, 0};
  DType dtype = DType::kUInt8;  // kUInt8 or kUInt16
  std::string compression;      // of the first page: "none", "lzw", "deflate", "packbits"
  bool contiguous = false;      // planes follow one another after a single directory
  std::vector<TiffPlane> planes;

  uint64_t plane_bytes() const {
    return static_cast<uint64_t>(size_zyx[1]) * static_cast<uint64_t>(size_zyx[2]) *
           dtype_size(dtype);
  }
  uint64_t volume_bytes() const { return planes.size() * plane_bytes(); }
};

// Walks the directories once; no voxel is decoded. All pages of a file, or the one page of each of
// several files in the order given.
TiffStackInfo probe_tiff(ByteSpan file);
TiffStackInfo probe_tiff(std::span<const ByteSpan> files);

// The volume that probe_tiff would tell of has at most this many voxels. Reads the first directory
// alone where its description counts the pages or nothing is compressed; otherwise walks them all,
// a read of a few bytes each.
uint64_t tiff_voxel_bound(ByteSpan file);

// Decodes planes first_plane .. first_plane + plane_count - 1 into `out`, z slowest, 16-bit voxels
// in the machine's byte order. Precondition: `info` came from the same files, out.size() is
// plane_count * info.plane_bytes(). Works on the calling thread alone.
void decode_tiff_planes(std::span<const ByteSpan> files, const TiffStackInfo& info,
                        uint64_t first_plane, uint64_t plane_count, std::span<uint8_t> out);

// The whole volume, planes in parallel. Precondition: out.size() is info.volume_bytes().
void decode_tiff(std::span<const ByteSpan> files, const TiffStackInfo& info,
                 std::span<uint8_t> out);

// Probe and decode. Unsupported where the file holds the other width.
Volume<uint8_t> decode_tiff_u8(ByteSpan file);
Volume<uint16_t> decode_tiff_u16(ByteSpan file);

// Unsupported, with a hint, unless the voxels are 8-bit.
void require_8_bit(const TiffStackInfo& info);

enum class TiffCompression { kNone, kLzw, kDeflate, kPackBits };

// A multi-page TIFF, one page a z, strips of about 64 KiB; BigTIFF past 4 GB. InvalidArgument for a
// volume without voxels.
Bytes encode_tiff(const Volume<uint8_t>& volume, TiffCompression compression);

}  // namespace stoker
