/*
 * What a created container waits at until it is started: two FIFOs in its state directory. Whoever starts it writes a byte
 * into `start`, and reads from `started` why the program could not be executed, or the end, which is success. The container's
 * process holds both for reading and writing, so neither side ever waits for the other to open them: a start that finds no
 * reader knows that the container is gone.
 */
#pragma once
#include "err.h"

enum { GATE_START, GATE_STARTED, GATE_ENDS };

/* Makes the FIFOs and opens them. */
int gate_open(const char *directory, int ends[GATE_ENDS], struct err *e);
/* Until the byte comes. */
int gate_await(const int ends[GATE_ENDS], struct err *e);
/* One JSON line, as on the control socket. */
void gate_report(const int ends[GATE_ENDS], const struct err *e);
