#include "libdata/core/stop.h"

#include <csignal>

namespace stoker {
namespace {

// The one global: a signal handler has no other way to speak.
volatile std::sig_atomic_t noted_signal = 0;

void note_signal(int signal_number) {
  if (noted_signal != 0) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  noted_signal = signal_number;
}

}  // namespace

void install_stop_handlers() {
  std::signal(SIGINT, note_signal);
  std::signal(SIGTERM, note_signal);
}

int stop_signal() {
  return noted_signal;
}

void throw_if_stopped() {
  if (const int signal_number = stop_signal(); signal_number != 0) throw Stopped{signal_number};
}

}  // namespace stoker
