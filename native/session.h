/* Between the caller of verb `exec` and the program: pipes or a terminal, signals, the control socket. */
#pragma once
#include "container.h"
#include "pump.h"

/* The descriptors between the caller and the program while it runs. */
struct session {
	int control;      /* to the caller: its end means kill */
	int signals;      /* signalfd */
	int stdio[3];     /* what the program gets */
	struct pump *pumps[3]; /* NULL where the program has the caller's descriptor itself */
	bool raw;         /* our terminal has been made raw */
	struct detach_keys keys; /* that leave the program alone, with a terminal */
};

/* Makes pipes where needed; the request's terminal gets the size of the caller's, if it has one. */
int session_open(struct session *s, struct request *request, struct err *e);
/* After the start: closes the program's ends, or connects the terminal. */
void session_connect(struct session *s, const struct container *container);
/* Until the process has ended: copies, forwards signals, resizes, kills when the caller is gone. */
void session_run(struct session *s, const struct container *container);
void session_close(struct session *s);
