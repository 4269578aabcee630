#include "libdata/volume/tiff_stack.h"

#include <array>
#include <limits>
#include <string>

#include "libdata/core/error.h"
#include "libdata/core/files.h"

namespace stoker {
namespace {

constexpr uint16_t kShort = 3;
constexpr uint16_t kLong = 4;
constexpr size_t kEntries = 10;
constexpr size_t kDirectoryBytes = 2 + 12 * kEntries + 4;
constexpr uint32_t kHeaderBytes = 8;

// Appends little-endian numbers.
class TiffBytes {
 public:
  void u16(uint32_t value) {
    bytes_.push_back(static_cast<uint8_t>(value & 0xff));
    bytes_.push_back(static_cast<uint8_t>(value >> 8 & 0xff));
  }
  void u32(uint32_t value) {
    u16(value & 0xffff);
    u16(value >> 16);
  }
  void entry(uint16_t tag, uint16_t type, uint32_t value) {
    u16(tag);
    u16(type);
    u32(1);      // count
    u32(value);  // a SHORT lies in the first two of the four bytes
  }
  ByteSpan bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

TiffBytes page_directory(uint32_t height, uint32_t width, uint32_t strip, uint32_t next) {
  TiffBytes directory;
  directory.u16(kEntries);
  directory.entry(256, kLong, width);
  directory.entry(257, kLong, height);
  directory.entry(258, kShort, 8);      // bits a sample
  directory.entry(259, kShort, 1);      // compression: none
  directory.entry(262, kShort, 1);      // photometric: black is zero
  directory.entry(273, kLong, strip);   // offset of the strip
  directory.entry(277, kShort, 1);      // samples a pixel
  directory.entry(278, kLong, height);  // rows a strip
  directory.entry(279, kLong, height * width);
  directory.entry(284, kShort, 1);  // planar configuration: contiguous
  directory.u32(next);
  return directory;
}

// Every directory and strip starts at an even offset, as TIFF asks for.
uint64_t padded_page_bytes(const Zyx& size_zyx) {
  const auto page_bytes = static_cast<uint64_t>(size_zyx[1] * size_zyx[2]);
  return page_bytes + page_bytes % 2;
}

}  // namespace

void check_tiff_stack_size(const Zyx& size_zyx) {
  const uint64_t file_bytes = kHeaderBytes + static_cast<uint64_t>(size_zyx[0]) *
                                                 (kDirectoryBytes + padded_page_bytes(size_zyx));
  if (file_bytes > std::numeric_limits<uint32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument,
                "TIFF stack: " + std::to_string(file_bytes) +
                    " bytes are more than classic TIFF's 32-bit offsets reach");
  }
}

void write_tiff_stack(const std::filesystem::path& path, const Zyx& size_zyx,
                      std::span<const uint8_t> voxels_zyx) {
  const auto pages = static_cast<uint64_t>(size_zyx[0]);
  const auto page_bytes = static_cast<uint64_t>(size_zyx[1] * size_zyx[2]);
  if (pages == 0 || page_bytes == 0 || voxels_zyx.size() != pages * page_bytes) {
    throw Error(ErrorCode::kInvalidArgument,
                "TIFF stack: expected " + std::to_string(pages * page_bytes) + " voxels, found " +
                    std::to_string(voxels_zyx.size()),
                path.string());
  }
  const uint64_t padded_page = padded_page_bytes(size_zyx);
  try {
    check_tiff_stack_size(size_zyx);
  } catch (const Error& error) {
    throw error.at(path.string());
  }
  AtomicFile file(path);
  TiffBytes header;
  header.u16('I' | 'I' << 8);
  header.u16(42);
  header.u32(kHeaderBytes);
  file.write(header.bytes());
  uint32_t offset = kHeaderBytes;
  for (uint64_t page = 0; page < pages; ++page) {
    const auto strip = static_cast<uint32_t>(offset + kDirectoryBytes);
    const auto next = static_cast<uint32_t>(strip + padded_page);
    const TiffBytes directory =
        page_directory(static_cast<uint32_t>(size_zyx[1]), static_cast<uint32_t>(size_zyx[2]),
                       strip, page + 1 < pages ? next : 0);
    constexpr std::array<uint8_t, 1> kPadding{0};
    const std::array<ByteSpan, 3> pieces{directory.bytes(),
                                         voxels_zyx.subspan(page * page_bytes, page_bytes),
                                         ByteSpan(kPadding).first(padded_page - page_bytes)};
    file.write_gathered(pieces);
    offset = next;
  }
  file.finish();
}

}  // namespace stoker
