/* The container's end of the network. */
#pragma once
#include <sys/types.h>

#include "request.h"
#include "setup.h"

/* In the starter: the veth pair. */
int net_attach(const struct request *request, pid_t pid, struct err *e);
/* In the container's network namespace: lo, and eth0 with address and route. */
int net_configure(struct setup *s, struct err *e);
