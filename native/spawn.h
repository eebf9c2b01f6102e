/* How the process of a container comes to be. */
#pragma once
#include "child.h"
#include "container.h"

/*
 * Makes the process with its namespaces and, where it can be, in its cgroup (`cgroup` >= 0; *in_cgroup says whether). Fills
 * pid and pidfd of `out`. 0, or -1 with e.
 */
int spawn(struct child_start *start, int cgroup, bool *in_cgroup, struct container *out, struct err *e);
