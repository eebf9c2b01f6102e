/* The container's end of the network. */
#pragma once
#include <sys/types.h>

#include "request.h"
#include "setup.h"

/* In the starter: the veth pairs. */
int net_attach(const struct request *request, pid_t pid, struct err *e);
/* Removes them from the host's side; the kernel does it by itself some time after the namespace is gone. */
void net_detach(const struct request *request);
/* In the container's network namespace: lo, and interfaces with addresses and routes. */
int net_configure(struct setup *s, struct err *e);
