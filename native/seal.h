/* The helper's own file must not be within a container's reach (CVE-2019-5736: /proc/self/exe). */
#pragma once
#include "err.h"

/*
 * Continues as a copy of the executable that nobody can write: executes a sealed memfd with the same arguments, unless
 * this process is one already. 0 when it is.
 */
int seal_self(char **argv, struct err *e);
