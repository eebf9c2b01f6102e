/*
 * Keeps the root of a container mounted for a moment longer than the container lives. Taking an overlay down that has seen many files
 * takes the kernel as long as it takes to list them: with this the last process need not do it, and a thread does it meanwhile.
 */
#pragma once
#include <pthread.h>
#include <stdbool.h>
#include <sys/types.h>

struct held_root {
	int fd; /* of what was the process's root; -1 when nothing is held */
	pthread_t thread;
	bool releasing;
};

/* For a process that runs: that it cannot be held only costs time. */
void held_root_take(struct held_root *root, pid_t pid);
/* Begins to let it go. From here to the end of `held_root_await` the caller has two threads. */
void held_root_release(struct held_root *root);
/* Returns when it is gone, and what was mounted is as if nobody had held it. */
void held_root_await(struct held_root *root);
