#include "libdata/core/stop.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string_view>

namespace stoker {
namespace {

// The only globals: a signal handler has no other way to speak.
volatile std::sig_atomic_t noted_signal = 0;
volatile std::sig_atomic_t asked = 0;  // whether anybody has looked at noted_signal yet
// Of the process as the signals are, and asked for in the same places.
std::atomic<std::chrono::steady_clock::time_point> stop_time{
    std::chrono::steady_clock::time_point::max()};

// Only what a signal handler may call.
[[noreturn]] void end_at_once(int signal_number) {
  constexpr std::string_view kText = "stopped by a signal while starting\n";
  (void)!::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(128 + signal_number);
}

void note_signal(int signal_number) {
  if (asked == 0) end_at_once(signal_number);
  if (noted_signal != 0 && noted_signal != SIGPIPE) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  noted_signal = signal_number;
}

// Comes again with every further line that nobody reads, so it never ends the process by itself.
void note_broken_pipe(int signal_number) {
  if (noted_signal == 0) noted_signal = signal_number;
}

void install(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal_number, &action, nullptr);
}

// Whoever started the program may have set it to be ignored (nohup).
void install_unless_ignored(int signal_number, void (*handler)(int)) {
  struct sigaction before {};
  const bool known = ::sigaction(signal_number, nullptr, &before) == 0;
  if (known && before.sa_handler != SIG_IGN) install(signal_number, handler);
}

}  // namespace

void install_stop_handlers() {
  for (const int number : {SIGINT, SIGTERM})
    install(number, note_signal);
  install_unless_ignored(SIGHUP, note_signal);
  install_unless_ignored(SIGPIPE, note_broken_pipe);
  for (const int number : {SIGUSR1, SIGUSR2})
    install_unless_ignored(number, [](int) {});
}

int stop_signal() {
  asked = 1;
  return noted_signal;
}

void throw_if_stopped() {
  if (const int signal_number = stop_signal(); signal_number != 0) throw Stopped{signal_number};
  if (std::chrono::steady_clock::now() >= stop_time.load()) throw Stopped{SIGTERM, true};
}

void stop_at(std::chrono::steady_clock::time_point when) {
  stop_time = when;
}

}  // namespace stoker
