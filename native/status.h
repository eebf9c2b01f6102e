/* What is said to the caller: one JSON object per line (src/foundation/native/status.ts is the reader). */
#pragma once
#include "container.h"
#include "err.h"

void status_error(int fd, const struct err *e);
void status_warning(int fd, const char *message);
void status_started(int fd, const struct container *container);
void status_exit(int fd, const struct container_exit *exit);
/* What was asked for goes on without the caller, who ends with this code. */
void status_detached(int fd, int code);
/* From now on what is said may wait, until status_flush. All of it goes to one descriptor. */
void status_hold(void);
void status_flush(int fd);
/* Bytes of that kind, behind a line that says how many. */
void status_bytes(int fd, const char *kind, const void *bytes, size_t size);
/* The end of one of several steps; `scanned`: the records of its upper directory came before; `kept`: layers are (fold.h). */
void status_done(int fd, bool scanned, bool network_used, bool kept);
