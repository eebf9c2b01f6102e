/* pid 1 that forwards signals and reaps. */
#pragma once
#include <stdbool.h>

#include "err.h"

/*
 * Returns 0 in a new process, which goes on to execute the program; the calling process becomes its init and ends with
 * its exit code. `channel` is closed there. With `terminal` the program gets the foreground.
 */
int init_fork(int channel, bool terminal, struct err *e);
