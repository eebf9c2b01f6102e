#include "container.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "cgroup.h"
#include "channel.h"
#include "child.h"
#include "gate.h"
#include "host_hooks.h"
#include "images.h"
#include "net_container.h"
#include "spawn.h"
#include "sys.h"
#include "userns.h"

static int set_oom_score(const struct request *r, struct container *c, struct err *e)
{
	char path[64], text[32];
	if (!r->has_oom_score_adj) return 0;
	(void)snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)c->pid);
	(void)snprintf(text, sizeof text, "%lld", (long long)r->oom_score_adj);
	if (!write_text_at(AT_FDCWD, path, text)) return 0;
	if (errno != EACCES) return fail(e, "oom-score-adj", "%s", text);
	strings_add(&c->warnings, xasprintf("oom score adjustment %s is not set: lowering it needs CAP_SYS_RESOURCE", text));
	return 0;
}

/* Root of a user namespace may not; what fails here is said by the child. */
static void raise_limits(const struct request *r, pid_t pid)
{
	for (size_t i = 0; i < r->rlimit_count; i++)
		(void)prlimit(pid, (int)r->rlimits[i].resource, &r->rlimits[i].limit, NULL);
}

/* What the parent does while the child waits. */
static int outfit(const struct request *r, bool in_cgroup, struct container *c, struct err *e)
{
	if (!in_cgroup && cgroup_join(r, c->pid, e)) return -1;
	if (userns_wanted(r)) raise_limits(r, c->pid);
	return set_oom_score(r, c, e) || net_attach(r, c->pid, e) ? -1 : 0;
}

/* Reads what the child says until it has become the program or has failed. */
static int collect(int channel, struct container *c, struct err *e)
{
	struct message message;
	bool ready = false, failed = false;
	int fd, got;
	while ((got = channel_receive(channel, &message, &fd)) > 0) {
		switch (message.kind) {
		case MESSAGE_ERROR:
			*e = message.err;
			failed = true;
			break;
		case MESSAGE_WARNING: strings_add(&c->warnings, xstrdup(message.err.arg)); break;
		case MESSAGE_STUB: strings_add(&c->stubs, xstrdup(message.err.arg)); break;
		case MESSAGE_TERMINAL:
			c->terminal = fd;
			fd = -1;
			break;
		case MESSAGE_MOUNTED: host_hooks_await(channel, c->pid); break;
		case MESSAGE_READY: ready = true; break;
		}
		if (fd >= 0) (void)close(fd);
	}
	if (failed) return -1;
	if (got < 0) return fail(e, "start", "channel");
	return ready ? 0 : fail_with(e, ECHILD, "start", "killed during set-up");
}

/* 0 when the program runs; else the process is dead or dying. */
static int release(const struct request *r, bool in_cgroup, int channel, struct container *c, struct err *e)
{
	if (!outfit(r, in_cgroup, c, e)) {
		(void)channel_release(channel);
		if (!collect(channel, c, e)) return 0;
		container_kill(c);
		return -1;
	}
	/* When the child has failed by then, that is the cause: what was done to it could only fail. */
	struct err childs;
	container_kill(c);
	if (collect(channel, c, &childs) && __builtin_strcmp(childs.step, "start") != 0) *e = childs;
	return -1;
}

int container_bring_up(const struct request *r, bool in_cgroup, int channel, struct container *c, struct err *e)
{
	struct container_exit ignored;
	struct err second;
	if (!release(r, in_cgroup, channel, c, e)) return 0;
	(void)container_wait(c, &ignored, &second);
	container_release(c);
	return -1;
}

int container_start(const struct request *request, const int stdio[3], struct container *out, struct err *e)
{
	*out = (struct container){.pid = -1, .pidfd = -1, .terminal = -1};
	int ends[2];
	if (channel_open(ends, e)) return -1;
	CLEANUP_CLOSE int ours = ends[0];
	CLEANUP_CLOSE int theirs = ends[1];
	CLEANUP_CLOSE int join = request->join > 0 ? sys_pidfd_open(request->join) : -1;
	if (request->join > 0 && join < 0) return fail(e, "join", "process %d", (int)request->join);
	/* Asked when the descriptor is there: from now on it is this process, or none. */
	if (request->join_start && sys_start_time(request->join) != request->join_start)
		return fail_with(e, ESRCH, "join", "process %d", (int)request->join);
	if (cgroup_limit_devices(request, e)) return -1;
	CLEANUP_CLOSE int cgroup = cgroup_clone_target(request);
	struct child_start start = {.request = request, .channel = theirs, .join_pidfd = join, .gate = {-1, -1}};
	bool in_cgroup = false;
	for (int i = 0; i < 3; i++) start.stdio[i] = stdio[i];
	if (request->life.gate && gate_open(request->life.gate, start.gate, e)) return -1;
	int spawned = images_mount(request, e) ? -1 : spawn(&start, cgroup, &in_cgroup, out, e);
	images_release(request);
	/* The end of what the child says there must be its own. */
	for (int i = 0; i < GATE_ENDS; i++)
		if (start.gate[i] >= 0) (void)close(start.gate[i]);
	if (spawned) return -1;
	(void)close(steal_fd(&theirs));
	return container_bring_up(request, in_cgroup, ours, out, e);
}

int container_exec_code(const struct err *e)
{
	if (__builtin_strcmp(e->step, "exec") != 0) return 125;
	return e->number == ENOENT || e->number == ENOTDIR ? 127 : 126;
}

int container_wait(struct container *container, struct container_exit *out, struct err *e)
{
	int status;
	*out = (struct container_exit){0};
	while (waitpid(container->pid, &status, 0) < 0)
		if (errno != EINTR) return fail(e, "wait", "process %d", (int)container->pid);
	if (WIFEXITED(status)) {
		out->code = WEXITSTATUS(status);
	} else {
		out->signal = WTERMSIG(status);
		out->code = 128 + out->signal;
	}
	return 0;
}

void container_kill(const struct container *container)
{
	if (container->pidfd >= 0) (void)sys_pidfd_send_signal(container->pidfd, SIGKILL);
}

bool container_oom_killed(const struct request *request) { return cgroup_oom_killed(request); }

void container_clean(const struct request *request)
{
	if (request->join > 0) return;
	cgroup_end(request);
	cgroup_remove(request);
}

static void free_strings(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++) free((void *)(uintptr_t)list->items[i]);
	free(list->items);
	*list = (struct strings){0};
}

void container_release(struct container *container)
{
	if (container->pidfd >= 0) (void)close(container->pidfd);
	if (container->terminal >= 0) (void)close(container->terminal);
	free_strings(&container->stubs);
	free_strings(&container->warnings);
	*container = (struct container){.pid = -1, .pidfd = -1, .terminal = -1};
}
