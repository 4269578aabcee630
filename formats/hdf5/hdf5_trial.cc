#include "formats/hdf5/hdf5_trial.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>

#include "formats/hdf5/hdf5_file.h"
#include "libdata/core/descriptor.h"
#include "libdata/core/error.h"

namespace stoker {
namespace fs = std::filesystem;
namespace {

constexpr rlim_t kSecondsAFile = 120;

// A file that sends the library in circles ends by the system's limit, and counts as any crash.
void limit_time() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  rlimit limit{};
  getrlimit(RLIMIT_CPU, &limit);
  limit.rlim_cur = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + kSecondsAFile;
  setrlimit(RLIMIT_CPU, &limit);
}

void read_all_of(const fs::path& path) {
  const Hdf5File file(path);
  for (const Hdf5Array& array : file.list().arrays) {
    if (array.element_count() == 0) continue;
    const Hdf5Dataset dataset(file, array.path);
    const std::vector<uint64_t> start(array.shape.size(), 0);
    PackedChunk chunk;
    if (array.layout == Hdf5Layout::kChunked) dataset.read_chunk(start, chunk);
    const bool any_length =
        array.type.kind == Hdf5Kind::kVlenText || array.type.kind == Hdf5Kind::kVlenBytes;
    if (array.layout == Hdf5Layout::kOther && any_length) dataset.read_values(start, array.shape);
  }
  file.attributes("");
  file.root_texts("class_names");
}

// In the child: says each file's number before it is tried. Never returns.
[[noreturn]] void try_from(const std::vector<fs::path>& files, uint64_t first, int report) {
  // Nobody wants to hear of a crash here, nor to find it on the disk.
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL})
    std::signal(number, SIG_DFL);
  for (uint64_t i = first; i < files.size(); ++i) {
    if (::write(report, &i, sizeof(i)) != sizeof(i)) _exit(1);
    limit_time();
    try {
      read_all_of(files[i]);
    } catch (const std::exception&) {  // told when the file is opened in earnest
    }
  }
  _exit(0);
}

struct Outcome {
  uint64_t last = 0;  // file that was begun
  int status = 0;
};

Outcome run_child(const std::vector<fs::path>& files, uint64_t first) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw system_error("pipe", "", errno);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw system_error("fork", "", errno);
  if (child == 0) try_from(files, first, writing.get());
  writing = Descriptor();
  Outcome outcome{first, 0};
  uint64_t number = 0;
  while (true) {
    const ssize_t got = ::read(reading.get(), &number, sizeof(number));
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof(number)) break;
    outcome.last = number;
  }
  while (::waitpid(child, &outcome.status, 0) < 0 && errno == EINTR) {
  }
  return outcome;
}

}  // namespace

std::vector<std::string> try_hdf5_files(const std::vector<fs::path>& files) {
  std::vector<std::string> faults(files.size());
  uint64_t next = 0;
  while (next < files.size()) {
    const Outcome outcome = run_child(files, next);
    if (WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0) break;
    faults[outcome.last] =
        WIFSIGNALED(outcome.status)
            ? fmt::format("libhdf5 does not survive reading it ({}): the file is damaged",
                          ::strsignal(WTERMSIG(outcome.status)))
            : "libhdf5 does not survive reading it: the file is damaged";
    next = outcome.last + 1;
  }
  return faults;
}

}  // namespace stoker
