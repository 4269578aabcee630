#include "libdata/image/tiff_handle.h"

#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace stoker {
namespace {

using MemoryFile = TiffHandle::MemoryFile;

MemoryFile& memory_file(thandle_t handle) {
  return *static_cast<MemoryFile*>(handle);
}

tmsize_t read_memory(thandle_t handle, void* to, tmsize_t size) {
  MemoryFile& file = memory_file(handle);
  if (size < 0 || file.position >= file.size()) return 0;
  const uint64_t count = std::min(static_cast<uint64_t>(size), file.size() - file.position);
  std::memcpy(to, file.data() + file.position, count);
  file.position += count;
  return static_cast<tmsize_t>(count);
}

tmsize_t write_memory(thandle_t handle, void* from, tmsize_t size) {
  MemoryFile& file = memory_file(handle);
  if (file.output == nullptr || size < 0) return -1;
  const uint64_t end = file.position + static_cast<uint64_t>(size);
  try {
    if (end > file.output->size()) file.output->resize(end);
  } catch (const std::bad_alloc&) {  // must not unwind through C
    file.out_of_memory = true;
    return -1;
  }
  std::memcpy(file.output->data() + file.position, from, static_cast<size_t>(size));
  file.position = end;
  return size;
}

toff_t seek_memory(thandle_t handle, toff_t offset, int whence) {
  MemoryFile& file = memory_file(handle);
  const uint64_t base = whence == SEEK_CUR   ? file.position
                        : whence == SEEK_END ? file.size()
                                             : uint64_t{0};
  return file.position = base + offset;
}

int close_memory(thandle_t) {
  return 0;
}

toff_t size_of_memory(thandle_t handle) {
  return memory_file(handle).size();
}

int map_memory(thandle_t handle, void** base, toff_t* size) {
  MemoryFile& file = memory_file(handle);
  if (file.output != nullptr) return 0;
  *base = const_cast<uint8_t*>(file.input.data());  // libtiff only reads from it
  *size = file.input.size();
  return 1;
}

void unmap_memory(thandle_t, void*, toff_t) {}

std::string text_of(const char* format, va_list arguments) {
  char text[512];
  std::vsnprintf(text, sizeof(text), format, arguments);
  return text;
}

int note_error(TIFF*, void* user_data, const char* /*module*/, const char* format,
               va_list arguments) {
  std::string& error = *static_cast<std::string*>(user_data);
  if (error.empty()) error = text_of(format, arguments);
  return 1;
}

// libjpeg and the fax decoders warn, fill in what is missing and go on. All else is about tags.
bool tells_of_damage(std::string_view module) {
  return module.starts_with("JPEGLib") || module.starts_with("Fax");
}

int note_warning(TIFF*, void* user_data, const char* module, const char* format,
                 va_list arguments) {
  std::string& damage = *static_cast<std::string*>(user_data);
  if (damage.empty() && module != nullptr && tells_of_damage(module))
    damage = text_of(format, arguments);
  return 1;
}

struct FreeOptions {
  void operator()(TIFFOpenOptions* options) const { TIFFOpenOptionsFree(options); }
};

}  // namespace

// Nothing in a file of this size justifies a larger single piece of memory.
TiffHandle::TiffHandle(ByteSpan input)
    : TiffHandle(input, std::max<uint64_t>(input.size(), 1u << 20) * 4) {}

TiffHandle::TiffHandle(ByteSpan input, uint64_t largest_allocation_bytes) {
  file_.input = input;
  open("rh", largest_allocation_bytes);
}

TiffHandle::TiffHandle(Bytes* output, bool big_tiff) {
  file_.output = output;
  open(big_tiff ? "w8" : "w", 0);
}

TiffHandle::~TiffHandle() {
  close();
}

void TiffHandle::close() {
  if (tiff_ != nullptr) TIFFClose(std::exchange(tiff_, nullptr));
}

Error TiffHandle::failure(const std::string& what, uint64_t offset_bytes) {
  std::string message = what;
  if (!file_.error.empty()) message += ": " + std::exchange(file_.error, {});
  return Error(ErrorCode::kCorrupt, message, "", offset_bytes);
}

void TiffHandle::open(const char* mode, uint64_t largest_allocation_bytes) {
  const std::unique_ptr<TIFFOpenOptions, FreeOptions> options(TIFFOpenOptionsAlloc());
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), note_error, &file_.error);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), note_warning, &file_.damage);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(),
                                      static_cast<tmsize_t>(largest_allocation_bytes));
  tiff_ = TIFFClientOpenExt("memory", mode, &file_, read_memory, write_memory, seek_memory,
                            close_memory, size_of_memory, map_memory, unmap_memory, options.get());
  if (tiff_ == nullptr) throw failure("not a TIFF that can be opened", 0);
}

}  // namespace stoker
