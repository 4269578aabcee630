// A request to stop (SIGINT, SIGTERM), seen by every long loop between two units of work.
//
// The handler only notes the signal; work in hand is put away by unwinding, so that temporary files
// go and finished shards stay. A second signal ends the process at once.
#pragma once

namespace stoker {

// Thrown out of a long loop once a signal has come. Not an Error: nothing went wrong.
struct Stopped {
  int signal_number;
};

void install_stop_handlers();  // called once, by run_program
int stop_signal();             // 0, or the number of the signal that came
void throw_if_stopped();       // throws Stopped

}  // namespace stoker
