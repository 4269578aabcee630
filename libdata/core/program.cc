#include "libdata/core/program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "libdata/core/bash_completion.h"
#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/manual_page.h"
#include "libdata/core/mapping_guard.h"
#include "libdata/core/option_checks.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"

namespace stoker {

const char* const kVersion = STOKER_VERSION;

namespace {

// With descriptor 0, 1 or 2 closed by the caller (2>&-), the next file to be opened would take its
// number, and what is printed would be written into that file.
void open_standard_descriptors() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number: this one, since those below are open.
    (void)!::open("/dev/null", number == STDIN_FILENO ? O_RDONLY : O_WRONLY);
  }
}

// Many systems grant 1,024 files at first and many more to who asks: a data set has a file a shard,
// a source one a class. Where more are not granted, work goes on with what there is.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return kExitUsage;
    case ErrorCode::kCorrupt:
    case ErrorCode::kUnsupported:
      return kExitBadData;
    case ErrorCode::kNotFound:
    case ErrorCode::kIo:
    case ErrorCode::kInternal:
      return kExitEnvironment;
  }
  return kExitEnvironment;
}

int fail(const ProgramInfo& info, const std::string& message, int exit_code) {
  // Not fmt::print, which throws where nobody reads stderr.
  std::fputs(fmt::format("{}: error: {}\n", info.name, message).c_str(), stderr);
  return exit_code;
}

// Results go to stdout; everything said along the way goes to stderr.
void log_to_stderr(const ProgramInfo& info, bool quiet) {
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  // The sink believes COLORTERM, which is handed on to editors' shells, before TERM.
  const char* terminal = std::getenv("TERM");
  if (terminal != nullptr && std::string_view(terminal) == "dumb") {
    sink->set_color_mode(spdlog::color_mode::never);
  }
  auto logger = std::make_shared<spdlog::logger>(info.name, std::move(sink));
  logger->set_pattern("%n: %^%l%$: %v");
  logger->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

int run_body(const ProgramInfo& info, const CommonOptions& common,
             const std::function<int(const CommonOptions&)>& body) {
  const ThreadLimit limit(common.threads);
  limit.start_threads();
  const int code = body(common);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  // Whoever read our output has seen enough (| head): not our failure, and not worth a word.
  if (stop_signal() == SIGPIPE) return 128 + SIGPIPE;
  return fail(info, "cannot write to standard output", kExitEnvironment);
}

// The one place where what was thrown becomes an exit code.
int guarded(const ProgramInfo& info, const std::function<int()>& program) {
  try {
    return program();
  } catch (const Stopped& stopped) {
    if (stopped.signal_number == SIGPIPE) return 128 + SIGPIPE;
    return fail(info,
                stopped.time_is_up ? "stopped: its time is up"
                                   : fmt::format("stopped by signal {}", stopped.signal_number),
                128 + stopped.signal_number);
  } catch (const Error& error) {
    return fail(info, error.what(), exit_code_of(error.code()));
  } catch (const std::bad_alloc&) {
    return fail(info,
                "out of memory (where ulimit -v or a container sets a limit, raise it, or use "
                "fewer --threads)",
                kExitEnvironment);
  } catch (const std::system_error& error) {
    if (stop_signal() == SIGPIPE) return 128 + SIGPIPE;
    const bool no_thread = error.code() == std::errc::resource_unavailable_try_again;
    return fail(info,
                no_thread ? "cannot start a thread: the limit of processes or of address space is "
                            "reached (ulimit -u, ulimit -v); raise it, or give fewer --threads"
                          : error.what(),
                kExitEnvironment);
  } catch (const std::exception& error) {
    if (stop_signal() == SIGPIPE) return 128 + SIGPIPE;  // a print that found no reader
    return fail(info, error.what(), kExitEnvironment);
  }
}

// Nothing where the command line is sound; else the exit code, after having said why.
std::optional<int> parse(CLI::App& app, int argc, char** argv, const ProgramInfo& info) {
  const auto refuse = [&](const std::string& message) {
    return fail(info, message + " (--help lists the options)", kExitUsage);
  };
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ExtrasError&) {
    return refuse(unknown_arguments(app, app.remaining()));
  } catch (const CLI::ConfigError& error) {
    return refuse(error.what());
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitDone : kExitUsage;
  }
}

// Prints what `page` makes of the option table, and exits like --version, whatever else is given or
// missing. Not in the table itself.
void add_hidden_page(CLI::App& app, const std::string& flag,
                     const std::function<std::string(const OptionTable&)>& page) {
  app.add_flag_callback(flag,
                        [&app, page] { throw CLI::CallForVersion(page(option_table(app)), 0); })
      ->group("")
      ->configurable(false);
}

int parse_and_run(int argc, char** argv, const ProgramInfo& info,
                  const std::function<void(CLI::App&)>& declare,
                  const std::function<int(const CommonOptions&)>& body) {
  CommonOptions common;
  CLI::App app(info.description, info.name);
  app.option_defaults()->always_capture_default();
  use_help_layout(app);
  check_config_file(app);
  begin_options(app, kCommonTheme);
  app.set_version_flag("--version", fmt::format("{} (stoker) {}", info.name, kVersion));
  app.set_config("--config", "", "Read options from this file (TOML, INI or JSON)")
      ->type_name("FILE");
  begin_options(app, "Options");
  declare(app);
  begin_options(app, kCommonTheme);
  app.add_option("--threads,--workers,--num-workers", common.threads,
                 "Threads to use, 0 for all cores")
      ->check(CLI::Range(0, 4096));
  app.add_flag("--quiet", common.quiet, "No progress; only warnings and errors");
  check_numbers(app);
  add_hidden_page(app, "--manual-page",
                  [](const OptionTable& table) { return manual_page(table, kVersion); });
  add_hidden_page(app, "--bash-completion", bash_completion);
  if (const auto code = parse(app, argc, argv, info)) return *code;
  log_to_stderr(info, common.quiet);
  install_stop_handlers();
  install_mapping_guard(info.name);
  return run_body(info, common, body);
}

}  // namespace

int run_program(int argc, char** argv, const ProgramInfo& info,
                const std::function<void(CLI::App&)>& declare,
                const std::function<int(const CommonOptions&)>& body) {
  open_standard_descriptors();
  raise_descriptor_limit();
  return guarded(info, [&] { return parse_and_run(argc, argv, info, declare, body); });
}

void end_process(int exit_code) {
  std::fflush(nullptr);
  std::_Exit(exit_code);
}

}  // namespace stoker
