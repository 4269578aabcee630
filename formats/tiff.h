// Volumes stored as TIFF: one page a z, or ImageJ's single directory with many planes, or a series
// of one-page files.
//
// Read: classic and BigTIFF, either byte order, 8- or 16-bit unsigned, one sample a pixel;
// uncompressed, LZW, deflate (8 and 32946), PackBits; predictor 1 or 2; strips and tiles, those
// that a compressed file leaves out (offset and length 0) as zeros. Labels: any sample type that
// holds 0, 1 and 2, palettes too. Pages that NewSubfileType calls smaller copies or masks are no
// planes. Not supported (Unsupported, never a guess): colour, white-is-zero, float and signed
// intensities, other bit depths and codecs, pages turned by an orientation tag, several channels.
// Thread-safety: all functions may be called from any number of threads. Ownership: the files'
// bytes stay the caller's and must outlive the call. Errors: Corrupt or Unsupported, with z of the
// page and the byte offset of its directory where one is at fault; paths are the caller's to add,
// except that a series of files names the one at fault. No size in a file is believed before it is
// compared with what the file's bytes could decode to.
// Source: TIFF 6.0, BigTIFF; ImageJ's TiffEncoder for "images=N".
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "formats/tiff_content.h"
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
  DType dtype = DType::kUInt8;  // kUInt8 or kUInt16; labels are always kUInt8
  TiffContent content = TiffContent::kIntensity;
  std::string compression;  // of the first page: "none", "lzw", "deflate", "packbits"
  bool contiguous = false;  // planes follow one another after a single directory
  uint64_t asides = 0;      // pages that are no planes: thumbnails, smaller copies, masks
  std::vector<TiffPlane> planes;

  uint64_t plane_bytes() const {
    return static_cast<uint64_t>(size_zyx[1]) * static_cast<uint64_t>(size_zyx[2]) *
           dtype_size(dtype);
  }
  uint64_t volume_bytes() const { return planes.size() * plane_bytes(); }
};

// Walks the directories once; no voxel is decoded. All planes of a file, or the one page of each of
// several files in the order given, whose `paths` go into errors.
TiffStackInfo probe_tiff(ByteSpan file, TiffContent content = TiffContent::kIntensity);
TiffStackInfo probe_tiff(std::span<const ByteSpan> files, std::span<const std::string> paths = {},
                         TiffContent content = TiffContent::kIntensity);

// Throws of the first page that is not as the first plane is, reading all directories; what
// probe_tiff leaves to decoding.
void check_all_pages(std::span<const ByteSpan> files, const TiffStackInfo& info);

// The volume that probe_tiff would tell of has at most this many voxels. Reads the first directory
// alone where its description counts the pages or nothing is compressed; otherwise walks them all,
// a read of a few bytes each.
struct TiffBound {
  uint64_t voxels = 0;
  DType dtype = DType::kUInt8;  // of the first plane
};
TiffBound tiff_voxel_bound(ByteSpan file);

// Decodes planes first_plane .. first_plane + plane_count - 1 into `out`, z slowest, 16-bit voxels
// in the machine's byte order. Precondition: `info` came from the same files, out.size() is
// plane_count * info.plane_bytes(). Works on the calling thread alone. Returns how many strips or
// tiles were absent, and are zeros.
uint64_t decode_tiff_planes(std::span<const ByteSpan> files, const TiffStackInfo& info,
                            uint64_t first_plane, uint64_t plane_count, std::span<uint8_t> out);

// The whole volume, planes in parallel. Precondition: out.size() is info.volume_bytes().
void decode_tiff(std::span<const ByteSpan> files, const TiffStackInfo& info,
                 std::span<uint8_t> out);

// Probe and decode. Unsupported where the file holds the other width.
Volume<uint8_t> decode_tiff_u8(ByteSpan file);
Volume<uint16_t> decode_tiff_u16(ByteSpan file);

enum class TiffCompression { kNone, kLzw, kDeflate, kPackBits };

// A multi-page TIFF, one page a z, strips of about 64 KiB; BigTIFF past 4 GB. Voxels are uint8 or
// uint16, x fastest. InvalidArgument for a volume without voxels.
Bytes encode_tiff(const std::array<int64_t, 3>& size_zyx, DType dtype, ByteSpan voxels_zyx,
                  TiffCompression compression);
Bytes encode_tiff(const Volume<uint8_t>& volume, TiffCompression compression);

}  // namespace stoker
