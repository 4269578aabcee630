// A mapped file that is cut short, or whose disk goes away, under a running program: the page that
// cannot be read raises SIGBUS, and the process would end with a bus error that names nothing.
// With this guard it ends with "PROGRAM: error: PATH: at byte OFFSET: ..." and exit code 3.
//
// A fault outside every guarded mapping is none of ours and ends the process as before.
// Thread-safety: any number of threads; a process may fork while they map files. The handler only
// reads atomics, writes and exits.
// Memory: one node of a few words for each mapping that was ever alive at once, never freed.
#pragma once

#include <cstddef>
#include <string>

namespace stoker {

struct GuardedMapping;

// While it lives, faults in the mapping name the file. The mapping must outlive it.
class MappingGuard {
 public:
  MappingGuard() = default;  // guards nothing
  MappingGuard(const void* data, size_t size_bytes, const std::string& path);
  ~MappingGuard();
  MappingGuard(MappingGuard&& other) noexcept;
  MappingGuard& operator=(MappingGuard&& other) noexcept;

 private:
  GuardedMapping* mapping_ = nullptr;
};

// Called once, by run_program; `program` is what messages begin with.
void install_mapping_guard(const std::string& program);

}  // namespace stoker
