#include "formats/hdf5/hdf5_handle.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "libdata/core/error.h"

namespace stoker {
namespace {

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

// Each thread has an error stack of its own, and each stack prints until it is told not to.
void silence_this_thread() {
  thread_local bool silent = false;
  if (silent) return;
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  silent = true;
}

// Called from the innermost message outwards; the first says what is wrong.
herr_t keep_first(unsigned, const H5E_error2_t* entry, void* to) {
  auto& text = *static_cast<std::string*>(to);
  if (text.empty() && entry->desc != nullptr) text = entry->desc;
  return 0;
}

// "... errno = 28, error message = ...": 28. 0 where there is none.
int system_error_in(const std::string& text) {
  constexpr std::string_view kMark = "errno = ";
  const size_t at = text.find(kMark);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + kMark.size());
}

bool says_newer(std::string_view text) {
  for (const char* part : {"bad version number", "bad superblock version", "unknown chunk index"})
    if (text.find(part) != std::string_view::npos) return true;
  return false;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(library_mutex()) {
  silence_this_thread();
}

Hdf5Handle::~Hdf5Handle() {
  if (id_ < 0) return;
  const Hdf5Lock lock;
  H5Idec_ref(id_);
}

Hdf5Handle::Hdf5Handle(Hdf5Handle&& other) noexcept : id_(other.release()) {}

Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
  std::swap(id_, other.id_);
  return *this;
}

int64_t Hdf5Handle::release() {
  return std::exchange(id_, -1);
}

std::string take_hdf5_message() {
  std::string text;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, &text);
  H5Eclear2(H5E_DEFAULT);
  return text;
}

void throw_hdf5_error(const std::string& what, const std::string& path) {
  std::string text = take_hdf5_message();
  if (text.empty()) text = "libhdf5 gives no reason";
  if (const int number = system_error_in(text); number != 0)
    throw system_error(what + ": read or write", path, number);
  if (says_newer(text)) {
    unsigned major = 0;
    unsigned minor = 0;
    unsigned release = 0;
    H5get_libversion(&major, &minor, &release);
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format(
            "{}: {}: it may be damaged, or written for a newer libhdf5 than {}.{}.{} "
            "(libver='latest'): write it again with h5py without libver (docs/formats/hdf5.md "
            "has the line), or with h5repack --high=v114 of the HDF5 that wrote it",
            what, text, major, minor, release),
        path);
  }
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}", what, text), path);
}

Hdf5Handle own_hdf5(int64_t id, const std::string& what, const std::string& path) {
  if (id < 0) throw_hdf5_error(what, path);
  return Hdf5Handle(id);
}

void check_hdf5(int64_t status, const std::string& what, const std::string& path) {
  if (status < 0) throw_hdf5_error(what, path);
}

}  // namespace stoker
