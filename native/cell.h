/*
 * A process that is in the cgroups and in the network namespace of a build's steps already, and clones their containers: a pid
 * written to cgroup.procs of cgroup v1 waits for a grace period of the kernel, and a network namespace costs more than all else
 * that a container needs. It takes orders from the process that made it, whose children the containers are.
 */
#pragma once
#include "container.h"
#include "fold.h"

struct cell {
	pid_t pid;
	int socket;
	bool own_network; /* not the host's */
	long sockets; /* in the network when it was new */
	char *shared; /* requests go through this memory */
	unsigned long sent; /* packets, when the last step began */
	struct fold fold;
};

/* A request as it came. The parsed one points into bytes of its own. */
struct cell_order {
	const char *bytes;
	size_t size;
	struct request *request;
};

/*
 * Makes the process: in the request's cgroups, and in a new network namespace with its interfaces unless it wants the host's.
 * On failure there is none. `request` must be one that cell_may_run.
 */
int cell_open(struct cell *cell, const struct request *request, struct err *e);
/* Whether the request asks for nothing that belongs to one container alone. */
bool cell_may_run(const struct request *request);
/* As container_start. The network of the request is that of the first one. */
int cell_start(struct cell *cell, const struct cell_order *order, const int stdio[3], struct container *out, struct err *e);
/* Whether anything was sent in the network namespace since the last start, or is left in it: if not, it is as it was when it was new. */
bool cell_network_used(const struct cell *cell);
/* Ends the process; nothing when there is none. */
void cell_close(struct cell *cell);

/* cell_process.c: what the process does. */
_Noreturn void cell_main(const struct request *request, int socket, const char *shared);

/* cell_talk.c: what is said between the two, over a SOCK_SEQPACKET pair. */
struct cell_answer {
	pid_t pid; /* of the container, or 0 when it is about the process itself */
	bool failed;
	struct err err;
};
struct cell_order_head {
	size_t size;        /* of the request */
	bool folded;        /* its root is mounted on what is at CELL_FOLD */
	size_t descriptors; /* how many */
};
enum { CELL_STDOUT, CELL_STDERR, CELL_CHANNEL, CELL_FOLD, CELL_IMAGES }; /* descriptors of an order; images from the last on */
int cell_send_order(int socket, const struct cell_order_head *head, const int *descriptors);
/* 0 with an order; -1 for the end too. `*descriptors` is the caller's to free, what is in it to close. */
int cell_receive_order(int socket, struct cell_order_head *head, int **descriptors);
int cell_send_answer(int socket, const struct cell_answer *answer);
/* -1 also when the other side is gone. */
int cell_receive_answer(int socket, struct cell_answer *answer);
