#include "libdata/core/mapping_guard.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "libdata/core/program.h"

namespace stoker {

// Linked once and never unlinked: the handler may walk the list at any moment. One whose `begin` is
// 0 is free.
struct GuardedMapping {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<const char*> path{nullptr};
  GuardedMapping* next = nullptr;       // set before it is linked
  GuardedMapping* next_free = nullptr;  // under the mutex
};

namespace {

// Globals: a signal handler has no other way to find anything.
std::atomic<GuardedMapping*> first_mapping{nullptr};
std::mutex free_mutex;
GuardedMapping* first_free = nullptr;

// A child that is forked off while another thread holds the mutex would find it locked for ever.
void hold_mutex_over_forks() {
  static const int registered = ::pthread_atfork(
      [] { free_mutex.lock(); }, [] { free_mutex.unlock(); }, [] { free_mutex.unlock(); });
  (void)registered;
}

GuardedMapping* take_mapping() {
  hold_mutex_over_forks();
  const std::lock_guard lock(free_mutex);
  if (first_free != nullptr) return std::exchange(first_free, first_free->next_free);
  auto* mapping = new GuardedMapping;
  mapping->next = first_mapping.load();
  first_mapping.store(mapping);
  return mapping;
}

void give_back(GuardedMapping* mapping) {
  const std::lock_guard lock(free_mutex);
  mapping->next_free = std::exchange(first_free, mapping);
}

const char* program_name = "stoker";

// What a handler may do is little: no allocation, no formatting of the library's.
class SignalText {
 public:
  void add(std::string_view text) {
    const size_t room = sizeof(buffer_) - size_;
    const size_t part = text.size() < room ? text.size() : room;
    std::memcpy(buffer_ + size_, text.data(), part);
    size_ += part;
  }
  void add_number(uint64_t number) {
    char digits[20];
    size_t at = sizeof(digits);
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number > 0);
    add({digits + at, sizeof(digits) - at});
  }
  void write_to(int descriptor) const {
    for (size_t done = 0; done < size_;) {
      const ssize_t wrote = ::write(descriptor, buffer_ + done, size_ - done);
      if (wrote <= 0) return;
      done += static_cast<size_t>(wrote);
    }
  }

 private:
  char buffer_[5000];
  size_t size_ = 0;
};

void die_naming(const char* path, uint64_t offset_bytes) {
  static std::atomic<bool> one_is_writing{false};
  if (one_is_writing.exchange(true)) {
    while (true)
      ::pause();  // another thread met the same and is about to end the process
  }
  SignalText text;
  text.add(program_name);
  text.add(": error: ");
  text.add(path);
  text.add(": at byte ");
  text.add_number(offset_bytes);
  text.add(
      ": cannot be read any more: the file was cut short or replaced, or its disk failed, since it "
      "was opened (verify-dataset tells what is left; on network disks --io pread, where a program "
      "has it, gives an ordinary error)\n");
  text.write_to(STDERR_FILENO);
  ::_exit(kExitEnvironment);
}

// Returns where the address lies in no guarded mapping.
void die_if_guarded(const void* address) {
  const auto fault = reinterpret_cast<uintptr_t>(address);
  for (const GuardedMapping* m = first_mapping.load(); m != nullptr; m = m->next) {
    const uintptr_t begin = m->begin.load();
    const char* path = m->path.load();
    if (begin == 0 || path == nullptr || fault < begin || fault >= m->end.load()) continue;
    die_naming(path, fault - begin);
  }
}

void on_bus_error(int signal_number, siginfo_t* info, void*) {
  const bool is_fault = info->si_code > 0;  // else somebody sent it
  if (is_fault) die_if_guarded(info->si_addr);
  // As without a handler: the access is tried again and ends the process.
  std::signal(signal_number, SIG_DFL);
  if (!is_fault) std::raise(signal_number);
}

}  // namespace

MappingGuard::MappingGuard(const void* data, size_t size_bytes, const std::string& path) {
  auto copy = std::make_unique<char[]>(path.size() + 1);
  std::memcpy(copy.get(), path.c_str(), path.size() + 1);
  mapping_ = take_mapping();
  const auto begin = reinterpret_cast<uintptr_t>(data);
  mapping_->path.store(copy.release());
  mapping_->end.store(begin + size_bytes);
  mapping_->begin.store(begin);
}

MappingGuard::~MappingGuard() {
  if (mapping_ == nullptr) return;
  mapping_->begin.store(0);
  mapping_->end.store(0);
  delete[] mapping_->path.exchange(nullptr);
  give_back(mapping_);
}

MappingGuard::MappingGuard(MappingGuard&& other) noexcept
    : mapping_(std::exchange(other.mapping_, nullptr)) {}

MappingGuard& MappingGuard::operator=(MappingGuard&& other) noexcept {
  std::swap(mapping_, other.mapping_);
  return *this;
}

void install_mapping_guard(const std::string& program) {
  static const std::string kept = program;
  program_name = kept.c_str();
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace stoker
