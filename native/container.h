/*
 * Start and end of one process in a container. Used by `exec` (which stays until the end) and `monitor`.
 * The caller needs to be single-threaded.
 */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "request.h"

struct container {
	pid_t pid;
	int pidfd;
	int terminal; /* master side of the pty, or -1 */
	struct strings stubs; /* mount points that had to be made in the root itself (owned strings) */
	struct strings warnings; /* owned strings, one sentence each */
};

struct container_exit {
	int code;   /* 0..255; 128+n for signal n */
	int signal; /* 0 if it exited by itself */
	bool oom_killed;
};

/*
 * Makes namespaces, cgroup membership, root, mounts and network, and executes the program. Returns when execve has
 * succeeded. stdio[0..2] become the program's (ignored when the request wants a terminal); they stay open here.
 * On failure nothing is left but the cgroup directories (container_clean). e->step "exec" means that only the program
 * could not be executed: container_exec_code says with which exit code that ends.
 */
int container_start(const struct request *request, const int stdio[3], struct container *out, struct err *e);

/*
 * The second half of container_start, for a process that was cloned otherwise: puts it into its cgroups and network, lets it go
 * on, and reads from the channel until it has become the program. On failure it is dead, reaped and released.
 */
int container_bring_up(const struct request *request, bool in_cgroup, int channel, struct container *container, struct err *e);

/* 127 for a program that is not there, 126 for one that cannot be executed, 125 for every other failed step. */
int container_exec_code(const struct err *e);

/* Reaps the process (blocking). */
int container_wait(struct container *container, struct container_exit *out, struct err *e);

/* SIGKILL to pid 1 of its pid namespace, so to all of it. */
void container_kill(const struct container *container);

/* True when a process of these cgroups was killed for memory. Ask before container_clean. */
bool container_oom_killed(const struct request *request);

/* Removes the request's cgroup directories (with what the container made below them), unless the request joins. */
void container_clean(const struct request *request);

/* Closes descriptors and frees. */
void container_release(struct container *container);
