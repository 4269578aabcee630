// A libtiff handle over a file in memory; for tiff_image.cc here and the files of formats/tiff.
//
// Thread-safety: belongs to one thread; different handles are independent, errors included.
// Ownership: the bytes stay the caller's and outlive the handle. Errors: libtiff's handlers end
// here: its first complaint is kept and becomes the text of failure(); warnings are dropped, but
// for those of a decompressor that went on with made-up pixels: the first of them is kept too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libdata/core/arrays.h"
#include "libdata/core/error.h"

struct tiff;  // libtiff's TIFF

namespace stoker {

class TiffHandle {
 public:
  explicit TiffHandle(ByteSpan input);  // for reading; no directory is read yet
  TiffHandle(ByteSpan input, uint64_t largest_allocation_bytes);  // of one piece inside libtiff
  TiffHandle(Bytes* output, bool big_tiff);  // for writing, from an empty `output`
  ~TiffHandle();
  TiffHandle(const TiffHandle&) = delete;
  TiffHandle& operator=(const TiffHandle&) = delete;

  tiff* get() const { return tiff_; }
  void close();  // flushes what is being written

  bool out_of_memory() const { return file_.out_of_memory; }

  // What a decompressor only warned of; empty where pixels are whole.
  const std::string& damage() const { return file_.damage; }

  // A Corrupt error of `what` and libtiff's complaint, which is forgotten then.
  Error failure(const std::string& what, uint64_t offset_bytes);

  struct MemoryFile {
    ByteSpan input;           // reading
    Bytes* output = nullptr;  // writing
    bool out_of_memory = false;
    uint64_t position = 0;
    std::string error;   // the first that libtiff reported
    std::string damage;  // the first warning of a decompressor

    uint64_t size() const { return output != nullptr ? output->size() : input.size(); }
    const uint8_t* data() const { return output != nullptr ? output->data() : input.data(); }
  };

 private:
  void open(const char* mode, uint64_t largest_allocation_bytes);

  MemoryFile file_;
  tiff* tiff_ = nullptr;
};

}  // namespace stoker
