// The one door to libhdf5: its lock, its handles, its errors. Internal to formats/hdf5.
//
// The library is entered by one thread at a time, whoever calls it: every call is made while an
// Hdf5Lock lives. The lock may be taken again by the thread that holds it. What the library prints
// about errors is silenced; throw_hdf5_error says it in our words.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace stoker {

class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

// Owns one identifier of whatever kind (hid_t) and gives it back under the lock.
class Hdf5Handle {
 public:
  Hdf5Handle() = default;
  explicit Hdf5Handle(int64_t id) : id_(id) {}
  ~Hdf5Handle();
  Hdf5Handle(Hdf5Handle&& other) noexcept;
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;

  int64_t id() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  int64_t release();  // whoever asks owns the identifier from now on

 private:
  int64_t id_ = -1;
};

// What the library said last on this thread, its innermost message; forgets it.
std::string take_hdf5_message();

// "WHAT: what the library said last on this thread", and forgets it. Unsupported where the library
// is older than what the file uses, with the way out; else Corrupt.
[[noreturn]] void throw_hdf5_error(const std::string& what, const std::string& path);

// `id` owned, or throw_hdf5_error where it is negative.
Hdf5Handle own_hdf5(int64_t id, const std::string& what, const std::string& path);
void check_hdf5(int64_t status, const std::string& what, const std::string& path);

}  // namespace stoker
