// What all programs share: --help, --version, --threads, --config, --quiet, logging to stderr,
// signals, and the one place where errors become exit codes.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace stoker {

extern const char* const kVersion;  // of the CMake project, where alone it is written

// Exit codes of every program. A signal that ended it adds 128: 130 and 143 are SIGINT and SIGTERM,
// 141 is a reader of its output that went away.
inline constexpr int kExitDone = 0;
inline constexpr int kExitBadData = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitEnvironment = 3;

struct CommonOptions {
  int threads = 0;     // 0: all cores
  bool quiet = false;  // no progress, only warnings and errors
};

struct ProgramInfo {
  std::string name;         // "pack-imagenet"
  std::string description;  // one sentence, for --help
};

// Declares the common options and, through `declare`, the program's own; parses; runs `body` under
// --threads; returns the exit code. `body` returns kExitDone or kExitBadData, or throws Error.
// Two hidden options are for whoever installs: --manual-page and --bash-completion print what their
// names say.
int run_program(int argc, char** argv, const ProgramInfo& info,
                const std::function<void(CLI::App&)>& declare,
                const std::function<int(const CommonOptions&)>& body);

// Ends the process without running exit handlers: those of OpenBLAS wait for threads that never end
// where there is no address space left for them. For the programs that load it.
[[noreturn]] void end_process(int exit_code);

}  // namespace stoker
