// A wish to save what is done and go on: SIGUSR1, as batch systems send ahead of their time limit.
//
// The handler only notes it; the loop that can save asks between two units of work.
#pragma once

namespace stoker {

// By a program that can save. Nothing where whoever started it had the signal ignored.
void install_save_handler();

bool take_save_request();  // whether one came since the last call

}  // namespace stoker
