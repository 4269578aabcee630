// Whether this process may take the address space that LibTorch needs to start.
//
// Under a limit that is too small (ulimit -v) OpenBLAS, beneath LibTorch, asks for memory for ever
// instead of failing, so that the program would hang with no message. Hence the question, asked
// before. Nothing where there is no limit: memory that is short shows itself in other ways.
#pragma once

namespace stoker {

// Io where the limit leaves less than LibTorch takes for `threads` threads.
void check_address_space(int threads);

}  // namespace stoker
