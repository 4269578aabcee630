// A request to stop, seen by every long loop between two units of work: SIGINT, SIGTERM, SIGHUP (a
// closed terminal) and SIGPIPE (nobody reads what is printed), the last two unless whoever started
// the program had them ignored.
//
// The handler only notes the signal; work in hand is put away by unwinding, so that temporary files
// go and finished shards stay. A second signal ends the process at once, and so does the first
// where no loop has asked yet: a program that hangs while it starts has nothing to put away.
// A time can be set from which on it is as if SIGTERM had come: a batch system's limit, kept by
// ourselves. SIGUSR1 and SIGUSR2, which would end the process, do nothing unless a program gives
// them a meaning.
#pragma once

#include <chrono>

namespace stoker {

// Thrown out of a long loop once a signal has come. Not an Error: nothing went wrong.
struct Stopped {
  int signal_number;
  bool time_is_up = false;  // no signal came: the time of stop_at has
};

void install_stop_handlers();  // called once, by run_program
int stop_signal();             // 0, or the number of the signal that came
void throw_if_stopped();       // throws Stopped

// From `when` on throw_if_stopped throws; a later call replaces an earlier one. Any thread.
void stop_at(std::chrono::steady_clock::time_point when);

}  // namespace stoker
