/* Hooks that the caller runs on the host while the container waits, mounted but not yet entered. */
#pragma once
#include <sys/types.h>

#include "err.h"

/* Container's side. */
int host_hooks_ask(int channel, struct err *e);
/* Starter's side: tells the caller on its control socket, and lets the container go on when a byte comes back. */
void host_hooks_await(int channel, pid_t pid);
