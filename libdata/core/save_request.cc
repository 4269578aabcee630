#include "libdata/core/save_request.h"

#include <csignal>

namespace stoker {
namespace {

// A signal handler has no other way to speak.
volatile std::sig_atomic_t save_requested = 0;

void note_request(int) {
  save_requested = 1;
}

}  // namespace

void install_save_handler() {
  struct sigaction before {};
  if (::sigaction(SIGUSR1, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = note_request;
  action.sa_flags = SA_RESTART;  // the work goes on
  ::sigaction(SIGUSR1, &action, nullptr);
}

bool take_save_request() {
  if (save_requested == 0) return false;
  save_requested = 0;
  return true;
}

}  // namespace stoker
