/* Membership in cgroups, as directories that the caller made. */
#pragma once
#include <stdbool.h>

#include "request.h"

/* O_DIRECTORY descriptor for CLONE_INTO_CGROUP when the request has exactly one cgroup and it is on cgroup2, else -1. */
int cgroup_clone_target(const struct request *request);
/* cgroup_devices.c: attaches the request's device rules, if any, to its cgroup2 directory. */
int cgroup_limit_devices(const struct request *request, struct err *e);
/* Writes the pid into each directory. */
int cgroup_join(const struct request *request, pid_t pid, struct err *e);
/* How many processes of these cgroups the kernel has killed for memory, ever. */
unsigned long cgroup_oom_kills(const struct request *request);
/* True when the kernel has killed a process of these cgroups for memory. */
bool cgroup_oom_killed(const struct request *request);
/* Whether all processes are stopped where they are. */
bool cgroup_frozen(const struct request *request);
/* SIGKILL to all in one directory and below. */
void cgroup_kill_members(const char *path);
/* After the first process has ended: ends the others where they do not end with its pid namespace. */
void cgroup_end(const struct request *request);
/* Removes the directories with everything below; waits a little for the last process to be gone. */
void cgroup_remove(const struct request *request);
