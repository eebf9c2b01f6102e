#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <grp.h>
#include <unistd.h>

#include "channel.h"
#include "container.h"
#include "gate.h"
#include "hooks.h"
#include "host_hooks.h"
#include "init.h"
#include "net_container.h"
#include "setup.h"
#include "sys.h"
#include "userns.h"
#include "util.h"

static void reset_signals(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;
	for (int number = 1; number < NSIG; number++) (void)sigaction(number, &standard, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors 0..2 are taken from above 2 first, so that none is overwritten before it was copied. */
static int take_stdio(const int stdio[3], struct err *e)
{
	int copies[3];
	for (int i = 0; i < 3; i++) {
		copies[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3);
		if (copies[i] < 0) return fail(e, "stdio", "%d", i);
	}
	for (int i = 0; i < 3; i++) {
		if (dup2(copies[i], i) < 0) return fail(e, "stdio", "%d", i);
		(void)close(copies[i]);
	}
	return 0;
}

/*
 * /dev/stdout and its like open the pipe anew: that must be allowed to the program's user. A FIFO with a name is a file
 * of the host, whose owner is not for us to change.
 */
static void own_pipes(const struct request *r)
{
	struct statfs fs;
	for (int fd = 0; fd < 3; fd++)
		if (!fstatfs(fd, &fs) && fs.f_type == PIPEFS_MAGIC) (void)!fchown(fd, r->uid, (gid_t)-1);
}

static int become_namespace_root(struct err *e)
{
	if (setresgid(0, 0, 0) || setresuid(0, 0, 0)) return fail(e, "user", "root of the user namespace");
	(void)setgroups(0, NULL);
	/* Cleared by the change of user. */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) ? fail(e, "start", "death signal") : 0;
}

static int enter_user_namespace(struct setup *s, const struct outside_mounts *outside, struct err *e)
{
	return become_namespace_root(e) || rootfs_cut_off(s->request, e) || outside_mounts_take(s, outside, e);
}

static int make_container(struct setup *s, const struct child_start *start, struct err *e)
{
	/* The root is mounted while the starter sees to cgroups and network. */
	if (s->in_userns ? enter_user_namespace(s, start->outside, e) : rootfs_mount(s, e)) return -1;
	if (channel_await_release(s->channel)) return fail(e, "start", "wait");
	if (namespaces_enter(s, start->entered, e) || hostname_set(s->request, e) || net_configure(s, e)) return -1;
	if (mounts_make(s, e)) return -1;
	if (s->request->terminal && terminal_make(s, e)) return -1;
	if (devices_make(s, e) || sysctls_write(s, e) || masks_make(s, e)) return -1;
	stubs_settle(s);
	if (s->request->life.host_hooks && host_hooks_ask(s->channel, e)) return -1;
	if (hooks_run(s->request, HOOK_CREATE_CONTAINER, e)) return -1;
	return rootfs_finish(s, e);
}

static int join_container(struct setup *s, int pidfd, struct err *e)
{
	/* Processes of the container see this one from here on: they may not look into it. */
	if (prctl(PR_SET_DUMPABLE, 0)) return fail(e, "join", "dumpable");
	if (channel_await_release(s->channel)) return fail(e, "start", "wait");
	if (namespaces_join(s->request->join, pidfd, e)) return -1;
	s->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (s->root < 0) return fail(e, "join", "/");
	return s->request->terminal ? terminal_make(s, e) : 0;
}

/* Moves what is needed out of the way, hands on what the program gets, and puts the rest right behind that. */
static int arrange_descriptors(struct setup *s, struct err *e)
{
	enum { FIRST = 3, OURS = 3 };
	int *const ours[OURS] = {&s->channel, &s->gate[0], &s->gate[1]};
	int next = FIRST + (int)s->request->life.preserved;
	for (int i = 0; i < OURS; i++)
		if (*ours[i] >= 0 && (*ours[i] = fcntl(*ours[i], F_DUPFD_CLOEXEC, next + OURS + 1)) < 0)
			return fail(e, "start", "descriptors");
	for (int fd = FIRST; fd < next; fd++)
		/* One that is not open is not there for the program either. */
		if (dup2(fd + 1, fd) < 0 && errno != EBADF) return fail(e, "start", "descriptors");
	for (int i = 0; i < OURS; i++) {
		if (*ours[i] < 0) continue;
		if (dup3(*ours[i], next, O_CLOEXEC) < 0) return fail(e, "start", "descriptors");
		*ours[i] = next++;
	}
	/* From here on there is nothing that /proc/self/fd could lead to. */
	return sys_close_range((unsigned)next, ~0u, 0) ? fail(e, "start", "close_range") : 0;
}

static int prepare_program(struct setup *s, struct err *e)
{
	if (s->terminal >= 0 && terminal_control(s, e)) return -1;
	if (arrange_descriptors(s, e)) return -1;
	own_pipes(s->request);
	if (limits_set(s, e) || workdir_enter(s->request->cwd, s->request->join <= 0, e)) return -1;
	/* Where an outer filter forbids keyctl the program cannot reach a keyring either. */
	if (sys_keyctl_join_session() < 0 && errno != ENOSYS && errno != EPERM) return fail(e, "keyring", "session");
	(void)umask((mode_t)s->request->umask & 0777);
	if (credentials_set(s, e)) return -1;
	if (s->request->life.outlive && prctl(PR_SET_PDEATHSIG, 0)) return fail(e, "start", "death signal");
	return 0;
}

/* Created; goes on when it is started, which may be never. What fails from then on is said to who starts it. */
static int await_start(struct setup *s, struct err *e)
{
	if (gate_await(s->gate, e)) return -1;
	if (!hooks_run(s->request, HOOK_START_CONTAINER, e)) (void)program_execute(s->request, e);
	gate_report(s->gate, e);
	return -1;
}

static int run(const struct child_start *start, struct setup *s, struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL)) return fail(e, "start", "death signal");
	reset_signals();
	(void)umask(0);
	if (take_stdio(start->stdio, e)) return -1;
	if (setsid() < 0) return fail(e, "start", "session");
	if (start->request->join > 0 ? join_container(s, start->join_pidfd, e) : make_container(s, start, e)) return -1;
	if (prepare_program(s, e)) return -1;
	if (start->request->life.gate && program_check(start->request, e)) return -1;
	struct message ready = {.kind = MESSAGE_READY};
	/* Fails when the starter died before its death could be signalled. */
	if (channel_send(s->channel, &ready, -1)) return fail(e, "start", "gone");
	if (start->request->hold) {
		(void)close(s->channel);
		for (;;) (void)pause();
	}
	if (start->request->life.gate) {
		(void)close(steal_fd(&s->channel));
		return await_start(s, e);
	}
	if (start->request->init && init_fork(s->channel, s->terminal >= 0, e)) return -1;
	return program_execute(start->request, e);
}

_Noreturn void child_main(const struct child_start *start)
{
	struct setup s = {.request = start->request,
			  .channel = start->channel,
			  .root = -1,
			  .procfs = -1,
			  .terminal = -1,
			  .gate = {start->gate[0], start->gate[1]},
			  .notes = -1,
			  .userns = -1,
			  .in_userns = start->outside != NULL};
	struct message failed = {.kind = MESSAGE_ERROR};
	(void)run(start, &s, &failed.err);
	int code = container_exec_code(&failed.err);
	(void)channel_send(s.channel, &failed, -1);
	_exit(code);
}
