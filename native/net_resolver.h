/* Sockets of a container's name server: they belong to its network namespace, whoever answers them. */
#pragma once
#include <sys/types.h>

#include "err.h"

/*
 * At 127.0.0.11, with rules in the namespace that lead port 53 there: a server of the container's own can have port 53.
 * The container's program must not run yet, or it could be too early with its first question.
 */
int resolver_open(pid_t pid, struct err *e);
/* What was opened last, now the caller's; -1 for none. */
void resolver_take(int *udp, int *tcp);
/* A socket of another network namespace, non-blocking; -1 with errno. */
int resolver_socket(int netns, int family, int type);
