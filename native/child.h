/* The new process, from clone to execve. */
#pragma once
#include "request.h"

struct child_start {
	const struct request *request;
	int stdio[3];
	int channel;
	int gate[2];    /* gate.h; -1 without */
	int join_pidfd; /* of the process whose namespaces are joined, or -1 */
	const struct outside_mounts *outside; /* userns.h; NULL without a user namespace */
	bool entered;   /* the namespaces that the request names by path were entered before */
};

/* Sets everything up in order, and executes the program. Never returns; failures go to the channel. */
_Noreturn void child_main(const struct child_start *start);
