#include "libdata/core/program.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <new>

#include "libdata/core/error.h"
#include "libdata/core/help_layout.h"
#include "libdata/core/parallel.h"
#include "libdata/core/stop.h"

namespace stoker {
namespace {

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
  fmt::print(stderr, "{}: error: {}\n", info.name, message);
  return exit_code;
}

// Results go to stdout; everything said along the way goes to stderr.
void log_to_stderr(const ProgramInfo& info, bool quiet) {
  auto logger = std::make_shared<spdlog::logger>(
      info.name, std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern("%n: %^%l%$: %v");
  logger->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::set_default_logger(logger);
}

int run_body(const ProgramInfo& info, const CommonOptions& common,
             const std::function<int(const CommonOptions&)>& body) {
  try {
    const ThreadLimit limit(common.threads);
    const int code = body(common);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      return fail(info, "cannot write to standard output", kExitEnvironment);
    }
    return code;
  } catch (const Stopped& stopped) {
    return fail(info, fmt::format("stopped by signal {}", stopped.signal_number),
                128 + stopped.signal_number);
  } catch (const Error& error) {
    return fail(info, error.what(), exit_code_of(error.code()));
  } catch (const std::bad_alloc&) {
    return fail(info, "out of memory", kExitEnvironment);
  } catch (const std::exception& error) {
    return fail(info, error.what(), kExitEnvironment);
  }
}

}  // namespace

int run_program(int argc, char** argv, const ProgramInfo& info,
                const std::function<void(CLI::App&)>& declare,
                const std::function<int(const CommonOptions&)>& body) {
  CommonOptions common;
  CLI::App app(info.description, info.name);
  app.option_defaults()->always_capture_default();
  use_help_layout(app);
  begin_options(app, kCommonTheme);
  app.set_version_flag("--version", fmt::format("{} (stoker) {}", info.name, kVersion));
  app.set_config("--config", "", "Read options from this file (TOML or INI)")->type_name("FILE");
  begin_options(app, "Options");
  declare(app);
  begin_options(app, kCommonTheme);
  app.add_option("--threads", common.threads, "Threads to use, 0 for all cores")
      ->check(CLI::Range(0, 4096));
  app.add_flag("--quiet", common.quiet, "No progress; only warnings and errors");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? kExitDone : kExitUsage;
  }
  log_to_stderr(info, common.quiet);
  install_stop_handlers();
  return run_body(info, common, body);
}

}  // namespace stoker
