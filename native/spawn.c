#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "aside.h"
#include "sys.h"
#include "userns.h"
#include "util.h"

/* 0 in the parent. */
static int clone_child(const struct child_start *start, struct clone_args *args, pid_t *pid, struct err *e)
{
	/* Not into memory that the child would write to as well. */
	pid_t made = sys_clone3(args);
	if (made == 0) child_main(start);
	*pid = made;
	return made > 0 ? 0 : fail(e, "namespaces", "clone");
}

/* Namespaces that take effect for children only are entered by the starter itself. */
static int enter_pid_namespace(const struct request *r, int join_pidfd, struct err *e)
{
	if (join_pidfd >= 0) return setns(join_pidfd, CLONE_NEWPID) ? fail(e, "join", "pid namespace") : 0;
	for (size_t i = 0; i < COUNT(namespace_types); i++) {
		if (namespace_types[i].flag != CLONE_NEWPID || !r->namespace_path[i]) continue;
		CLEANUP_CLOSE int fd = open(r->namespace_path[i], O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWPID)) return fail(e, "namespaces", "pid %s", r->namespace_path[i]);
	}
	return 0;
}

static int spawn_directly(const struct child_start *start, int cgroup, bool *in_cgroup, struct container *out, struct err *e)
{
	struct clone_args args = {
		/* The cgroup namespace is made later: its root is where the process is by then. */
		.flags = (start->request->namespaces & ~(uint64_t)CLONE_NEWCGROUP) | CLONE_PIDFD,
		.pidfd = (uint64_t)(uintptr_t)&out->pidfd,
		.exit_signal = SIGCHLD,
	};
	if (enter_pid_namespace(start->request, start->join_pidfd, e)) return -1;
	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint32_t)cgroup;
	}
	*in_cgroup = cgroup >= 0;
	if (!clone_child(start, &args, &out->pid, e)) return 0;
	out->pidfd = -1;
	return -1;
}

/*
 * A user namespace is entered before the others are made, so that they belong to it; those that are joined may belong to a
 * parent of it, so they are entered first. The clocks of a time namespace are set before anybody is in it. All of that is for
 * a process that then clones the container's with this one as its parent.
 */
struct stand_in {
	const struct child_start *start;
	int userns;
	pid_t pid;
	int pidfd;
	bool failed;
	struct err err;
};

static int make_time_namespace(const struct request *r, struct err *e)
{
	char text[128];
	if (unshare(CLONE_NEWTIME)) return fail(e, "namespaces", "time");
	for (size_t i = 0; i < r->time_offset_count; i++) {
		const struct request_time_offset *o = &r->time_offsets[i];
		(void)snprintf(text, sizeof text, "%s %lld %u\n", o->clock, (long long)o->seconds, o->nanoseconds);
		if (write_text_at(AT_FDCWD, "/proc/self/timens_offsets", text)) return fail(e, "time", "%s", o->clock);
	}
	return 0;
}

static int stand_in(struct stand_in *in, struct err *e)
{
	const struct request *r = in->start->request;
	struct clone_args args = {
		.flags = (r->namespaces & ~(uint64_t)(CLONE_NEWCGROUP | CLONE_NEWUSER | CLONE_NEWTIME)) | CLONE_PIDFD | CLONE_PARENT,
		.pidfd = (uint64_t)(uintptr_t)&in->pidfd,
	};
	/* Processes that are in the user namespace already may not look into this one. */
	if (prctl(PR_SET_DUMPABLE, 0)) return fail(e, "start", "dumpable");
	if (namespaces_enter_paths(r, e)) return -1;
	if (r->namespaces & CLONE_NEWTIME && in->userns < 0 && make_time_namespace(r, e)) return -1;
	if (in->userns >= 0 && setns(in->userns, CLONE_NEWUSER)) return fail(e, "namespaces", "user");
	if (r->namespaces & CLONE_NEWTIME && in->userns >= 0 && make_time_namespace(r, e)) return -1;
	return clone_child(in->start, &args, &in->pid, e);
}

static void run_stand_in(void *memory)
{
	struct stand_in *in = memory;
	in->failed = stand_in(in, &in->err) != 0;
}

static int spawn_by_stand_in(struct child_start *start, int userns, struct container *out, struct err *e)
{
	struct stand_in *in = aside_memory(sizeof *in);
	*in = (struct stand_in){.start = start, .userns = userns, .pid = -1, .pidfd = -1};
	start->entered = true;
	int result = aside_run(run_stand_in, in) ? fail(e, "namespaces", "process that enters") : 0;
	if (in->failed) {
		*e = in->err;
		result = -1;
	}
	if (!result) {
		out->pid = in->pid;
		out->pidfd = in->pidfd;
	}
	aside_free(in, sizeof *in);
	return result;
}

static int spawn_in_userns(struct child_start *start, struct container *out, struct err *e)
{
	struct outside_mounts mounts;
	CLEANUP_CLOSE int userns = userns_open(start->request, e);
	if (userns < 0 || outside_mounts_make(start->request, userns, &mounts, e)) return -1;
	start->outside = &mounts;
	int result = spawn_by_stand_in(start, userns, out, e);
	start->outside = NULL;
	outside_mounts_close(&mounts);
	return result;
}

int spawn(struct child_start *start, int cgroup, bool *in_cgroup, struct container *out, struct err *e)
{
	*in_cgroup = false;
	if (start->join_pidfd < 0 && userns_wanted(start->request)) return spawn_in_userns(start, out, e);
	if (start->request->time_offset_count) return spawn_by_stand_in(start, -1, out, e);
	return spawn_directly(start, cgroup, in_cgroup, out, e);
}
