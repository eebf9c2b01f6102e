/*
 * Verb `steps`: runs the containers of a build's steps, one after the other, in the cgroups and in the network namespace of the
 * first (cell.h). Requests come on descriptor 3, a socket; status lines go back on it, and what the programs write, behind lines
 * that say how much. The last line of a step is "done". The end of the socket means that the build is over or its process gone: a
 * container that runs is killed, and the cgroups are removed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "cell.h"
#include "cgroup.h"
#include "fsops.h"
#include "held_root.h"
#include "status.h"
#include "util.h"
#include "verbs.h"

enum { CONTROL = 3, CHUNK = 65536, MOST = 1 << 20 };

struct steps {
	struct cell cell; /* pid <= 0: there is none yet */
	struct request ended; /* the cgroups to remove at the end, owned strings */
};

struct step {
	struct request request;
	int outputs[2];  /* what its program writes: stdout, stderr; -1 when closed */
	bool told;       /* the caller has said something, or is gone */
};

static void ignore_terminal(void)
{
	static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	sigset_t set;
	/* A terminal's signals reach the caller too, who ends the socket. */
	(void)sigemptyset(&set);
	for (size_t i = 0; i < COUNT(forwarded); i++) (void)sigaddset(&set, forwarded[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

/* False when nothing more comes from it. */
static bool pass_on(int fd, const char *name)
{
	static char bytes[CHUNK];
	ssize_t n = read(fd, bytes, sizeof bytes);
	if (n > 0) status_bytes(CONTROL, name, bytes, (size_t)n);
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void drain(struct step *step)
{
	static const char *const names[] = {"stdout", "stderr"};
	for (int i = 0; i < 2; i++) {
		struct pollfd ready = {.fd = step->outputs[i], .events = POLLIN};
		while (step->outputs[i] >= 0 && poll(&ready, 1, 0) > 0)
			if (!pass_on(step->outputs[i], names[i])) break;
	}
}

static void look_at_caller(struct step *step, const struct container *container)
{
	char byte;
	/* A next request may lie there already. */
	if (recv(CONTROL, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) container_kill(container);
	step->told = true;
}

static void watch(struct step *step, const struct container *container)
{
	static const char *const names[] = {"stdout", "stderr"};
	for (;;) {
		struct pollfd polls[] = {{.fd = container->pidfd, .events = POLLIN},
					 {.fd = step->told ? -1 : CONTROL, .events = POLLIN},
					 {.fd = step->outputs[0], .events = POLLIN},
					 {.fd = step->outputs[1], .events = POLLIN}};
		if (poll(polls, COUNT(polls), -1) < 0) continue;
		if (polls[0].revents) return drain(step);
		if (polls[1].revents) look_at_caller(step, container);
		for (int i = 0; i < 2; i++)
			if (polls[2 + i].revents && !pass_on(step->outputs[i], names[i])) {
				(void)close(step->outputs[i]);
				step->outputs[i] = -1;
			}
	}
}

static int open_pipes(struct step *step, int stdio[3], struct err *e)
{
	for (int i = 0; i < 2; i++) {
		int ends[2];
		if (pipe2(ends, O_CLOEXEC)) return fail(e, "stdio", "pipe");
		step->outputs[i] = ends[0];
		stdio[1 + i] = ends[1];
		(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

static int start(struct steps *s, struct step *step, const char *bytes, size_t size, struct container *container, struct err *e)
{
	int stdio[3] = {STDIN_FILENO, -1, -1};
	const struct cell_order order = {.bytes = bytes, .size = size, .request = &step->request};
	int result = open_pipes(step, stdio, e) || cell_start(&s->cell, &order, stdio, container, e) ? -1 : 0;
	for (int i = 1; i < 3; i++)
		if (stdio[i] >= 0) (void)close(stdio[i]);
	return result;
}

static int open_cell(struct steps *s, const struct request *request, struct err *e)
{
	bool first = s->cell.pid <= 0;
	for (size_t i = 0; first && i < request->cgroups.count; i++)
		strings_add(&s->ended.cgroups, xstrdup(request->cgroups.items[i]));
	if (!cell_may_run(request)) return fail_with(e, EINVAL, "request", "not for one of several steps");
	return first ? cell_open(&s->cell, request, e) : 0;
}

static int send_scan(const void *bytes, size_t size)
{
	status_bytes(CONTROL, "scan", bytes, size);
	return 0;
}

static void send_index(const struct bytes *index)
{
	for (size_t from = 0, part; from < index->used; from += part) {
		part = index->used - from < MOST ? index->used - from : MOST;
		status_bytes(CONTROL, "index", index->data + from, part);
	}
}

/* What the step has left in its upper directory: whoever makes a layer of it asks for that next. */
static bool scan(const struct step *step, const struct container_exit *exit, size_t stubs)
{
	struct err e;
	const struct request_root *root = &step->request.root;
	if (exit->code != 0 || stubs || root->kind != ROOT_OVERLAY || !root->upper) return false;
	struct bytes index = {0};
	int result = fsops_index_of(root->upper, &index, &e);
	if (result) result = fsops_scan_to(root->upper, send_scan, &e);
	else send_index(&index);
	free(index.data);
	(void)!chdir("/");
	return result == 0;
}

static void run(struct steps *s, struct step *step, const char *bytes, size_t size)
{
	struct container container;
	struct container_exit exit = {0};
	struct held_root root;
	struct err e;
	bool scanned = false;
	int result = request_copy_parse(bytes, size, &step->request, &e);
	unsigned long kills = result ? 0 : cgroup_oom_kills(&step->request);
	if (!result) result = open_cell(s, &step->request, &e);
	if (!result && !(result = start(s, step, bytes, size, &container, &e))) {
		for (size_t i = 0; i < container.warnings.count; i++) status_warning(CONTROL, container.warnings.items[i]);
		status_started(CONTROL, &container);
		held_root_take(&root, container.pid);
		watch(step, &container);
		status_hold();
		result = container_wait(&container, &exit, &e);
		exit.oom_killed = cgroup_oom_kills(&step->request) > kills;
		held_root_release(&root);
		scanned = !result && scan(step, &exit, container.stubs.count);
		held_root_await(&root);
		container_release(&container);
	}
	if (result) {
		status_error(CONTROL, &e);
		exit.code = container_exec_code(&e);
	}
	if (!result || exit.code != 125) status_exit(CONTROL, &exit);
	status_done(CONTROL, scanned, s->cell.pid > 0 && cell_network_used(&s->cell), s->cell.fold.mount >= 0);
	status_flush(CONTROL);
	request_free(&step->request);
}

static void close_outputs(struct step *step)
{
	for (int i = 0; i < 2; i++)
		if (step->outputs[i] >= 0) (void)close(step->outputs[i]);
}

/* False for the end. */
static bool more(void)
{
	char byte;
	ssize_t n;
	do
		n = recv(CONTROL, &byte, 1, MSG_PEEK);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

int steps_main(int argc, char **argv)
{
	struct steps s = {.cell = {.pid = -1, .socket = -1, .fold = {.mount = -1}}};
	struct err e;
	int code = 0;
	(void)argv;
	if (argc != 1) return 2;
	ignore_terminal();
	(void)fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
	(void)!chdir("/");
	while (!code && more()) {
		struct step step = {.outputs = {-1, -1}};
		char *bytes;
		size_t size;
		if (request_receive(CONTROL, &bytes, &size, &e)) {
			status_error(CONTROL, &e);
			code = 125;
			break;
		}
		run(&s, &step, bytes, size);
		close_outputs(&step);
		free(bytes);
	}
	cell_close(&s.cell);
	cgroup_remove(&s.ended);
	return code;
}
