// Memory for one image at a time, in place of libjpeg's own: taken once, used again for every
// image.
//
// libjpeg asks for some thirty pieces an image and frees them all at its end. Given out of one
// block, they cost nothing after the first images. Thread-safety: one decompressor's thread.
#pragma once

#include <cstddef>
#include <cstdio>
#include <memory>
#include <vector>

#include <jpeglib.h>

namespace stoker {

class JpegArena {
 public:
  // Takes over the per-image pool of a decompressor that was just created. The arena must stay
  // where it is, and outlive the decompressor.
  void attach(j_common_ptr cinfo);

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    size_t size = 0;
  };

  void* take(j_common_ptr cinfo, size_t size);
  void reset();

  static void* alloc_small(j_common_ptr cinfo, int pool, size_t size);
  static void* alloc_large(j_common_ptr cinfo, int pool, size_t size);
  static JSAMPARRAY alloc_sarray(j_common_ptr cinfo, int pool, JDIMENSION width, JDIMENSION rows);
  static void free_pool(j_common_ptr cinfo, int pool);

  jpeg_memory_mgr original_{};
  std::vector<Block> blocks_;  // the last one is in use; one is left after reset
  size_t used_ = 0;            // of the last block
  size_t total_ = 0;           // this image's
};

}  // namespace stoker
