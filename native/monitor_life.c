#include "monitor_life.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cgroup.h"
#include "monitor_attach.h"
#include "monitor_dns.h"
#include "monitor_stdio.h"
#include "net_container.h"
#include "status.h"

static struct life *current; /* for the handler of the detach keys */

/* A pipe whose container end is stdio[index]; the other end is returned. */
static int make_pipe(int stdio[3], int index, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) return fail(e, "pipe", "%d", index);
	stdio[index] = ends[index == 0 ? 0 : 1];
	return ends[index == 0 ? 1 : 0];
}

static int open_null(int *fd, struct err *e)
{
	*fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	return *fd < 0 ? fail(e, "open", "/dev/null") : 0;
}

static int make_stdio(const struct life *l, struct stdio_ends *ends, int stdio[3], struct err *e)
{
	*ends = (struct stdio_ends){
		.out = -1, .err = -1, .in = -1, .terminal = l->request.terminal, .foreground = l->foreground};
	if (ends->terminal) {
		/* Its own terminal takes their place. */
		for (int i = 0; i < 3; i++)
			if (open_null(&stdio[i], e) < 0) return -1;
		return 0;
	}
	if ((ends->out = make_pipe(stdio, 1, e)) < 0 || (ends->err = make_pipe(stdio, 2, e)) < 0) return -1;
	if (!l->options->interactive) return open_null(&stdio[0], e);
	return (ends->in = make_pipe(stdio, 0, e)) < 0 ? -1 : 0;
}

static void drop_ends(struct stdio_ends *ends)
{
	int *all[] = {&ends->out, &ends->err, &ends->in};
	for (size_t i = 0; i < COUNT(all); i++)
		if (*all[i] >= 0) (void)close(*all[i]);
}

/* The namespace of the run before goes when the kernel finds time for it; the names of its interfaces are needed now. */
static void free_interfaces(const struct request *r)
{
	if (restart_count() > 0 && r->network.interface_count > 0) net_detach(r);
}

static void keys_typed(void) { life_leave_caller(current, 0); }

static void connect_stdio(struct life *l, struct stdio_ends *ends)
{
	if (ends->terminal) {
		ends->out = l->container.terminal;
		if (l->options->interactive) ends->in = fcntl(l->container.terminal, F_DUPFD_CLOEXEC, 0);
		l->container.terminal = -1;
	}
	const struct input_options input = {.to = ends->in,
					    .terminal = ends->terminal,
					    .own = l->foreground && l->options->interactive && l->options->own_input,
					    .once = l->options->stdin_once,
					    .keys = l->options->keys,
					    .detached = keys_typed};
	output_open(ends);
	input_open(&input);
}

static void serve_ports(const struct life *l)
{
	char path[40];
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)l->container.pid);
	int netns = open(path, O_RDONLY | O_CLOEXEC); /* fails when it has ended already: then nobody asks */
	bool bridged = l->request.network.kind == NETWORK_BRIDGE;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (netns >= 0) (void)proxy_serve(netns, bridged ? l->request.network.address : NULL);
}

/* The cgroup keeps its device rules from one run to the next; loading them again would add to them. */
static void forget_devices(struct request *r)
{
	free((void *)(uintptr_t)r->device_program);
	r->device_program = NULL;
}

/* Its networks and cgroups may have changed since it was started. */
void life_reload(struct life *l)
{
	struct request fresh;
	struct err ignored;
	CLEANUP_CLOSE int fd = openat(l->dirfd, "request.bin", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || request_read(fd, &fresh, &ignored) < 0) return;
	request_free(&l->request);
	l->request = fresh;
	forget_devices(&l->request);
}

int life_start(struct life *l, struct err *e)
{
	int stdio[3] = {-1, -1, -1};
	struct stdio_ends ends;
	current = l;
	l->ended = false;
	l->kill_at = 0;
	l->oom_kills = cgroup_oom_kills(&l->request);
	if (restart_count() > 0) life_reload(l);
	free_interfaces(&l->request);
	int result = make_stdio(l, &ends, stdio, e);
	if (result == 0) result = container_start(&l->request, stdio, &l->container, e);
	for (int i = 0; i < 3; i++)
		if (stdio[i] >= 0) (void)close(stdio[i]);
	if (result < 0) {
		drop_ends(&ends);
		l->container.pid = -1;
		return -1;
	}
	l->started = now_ms();
	l->end_at = l->options->run_timeout ? l->started + l->options->run_timeout : 0;
	forget_devices(&l->request);
	connect_stdio(l, &ends);
	if (state_identity(l->dirfd, "pid", l->container.pid) < 0 || proxy_record(l->dirfd) < 0)
		return fail(e, "record", "%s", l->options->dir);
	if (l->options->pid_file && state_pid_file(l->options->pid_file, l->container.pid) < 0)
		return fail(e, "record", "%s", l->options->pid_file);
	serve_ports(l);
	dns_open(l->dirfd, l->container.pid);
	journal_write(l, "start", "");
	health_open(l);
	return 0;
}

void life_finish(struct life *l, struct exit_facts *facts)
{
	struct container_exit result = {.code = 137};
	struct err e;
	char attributes[96];
	if (l->request.join <= 0) cgroup_end(&l->request);
	health_close();
	input_close();
	output_drain();
	output_close();
	attach_finish();
	proxy_pause();
	dns_close();
	(void)container_wait(&l->container, &result, &e);
	container_release(&l->container);
	*facts = (struct exit_facts){.code = result.code,
				     .signal = result.signal,
				     .oom_killed = cgroup_oom_kills(&l->request) > l->oom_kills};
	if (facts->oom_killed) journal_write(l, "oom", "");
	(void)snprintf(attributes, sizeof attributes, ",\"execDuration\":\"%llu\",\"exitCode\":\"%d\"",
		       (unsigned long long)(now_ms() - l->started) / 1000, facts->code);
	journal_write(l, "die", attributes);
}

void life_ask_end(struct life *l)
{
	if (l->ended || l->container.pid <= 0 || l->kill_at) return;
	(void)kill(l->container.pid, (int)l->options->stop_signal);
	if (l->options->stop_timeout >= 0) l->kill_at = now_ms() + (uint64_t)l->options->stop_timeout * 1000;
}

int life_deadline(struct life *l)
{
	if (l->ended) return -1;
	int left = sooner(until_ms(l->kill_at), until_ms(l->end_at));
	if (left != 0) return left;
	container_kill(&l->container);
	l->kill_at = l->end_at = 0;
	return -1;
}

void life_leave_caller(struct life *l, int code)
{
	if (!l->foreground) return;
	l->foreground = false;
	input_leave_own();
	output_leave_own();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++) (void)dup2(null, fd);
	if (null > 2) (void)close(null);
	status_detached(CONTROL_FD, code);
	(void)loop_want(&l->control, 0);
	(void)close(CONTROL_FD);
}
