/* Copies bytes from one descriptor to another inside a poll loop. */
#pragma once
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "detach_keys.h"

enum { PUMP_CHUNK = 65536 };

struct pump {
	int from, to;
	bool close_to;  /* at the end of `from`, close `to` (a pipe's reader sees the end) */
	bool close_from; /* at the end, close `from` (a pipe's writer sees that nobody reads) */
	bool terminal;  /* `to` is a terminal's master: the end is said with ^D */
	bool ended;     /* nothing more to come or to be taken */
	size_t start, size;
	struct detach_keys *keys; /* looked for in what passes, or NULL */
	bool detached; /* they were typed */
	char bytes[PUMP_CHUNK + DETACH_KEYS_MAX];
};

/* What poll should wait for; fd -1 when nothing. */
struct pollfd pump_interest(const struct pump *r);
/* Moves what can be moved after poll said so. */
void pump_step(struct pump *r, const struct pollfd *ready);
/* Moves everything that is there now, waiting for the receiver but not for more input. `from` is made non-blocking. */
void pump_drain(struct pump *r);
