/*
 * monitor --dir DIR [--detach] [--interactive] [--publish P]... [--lease FILE]... [--unlink FILE]... [--trash DIR] [--discard DIR]...
 *
 * Starts the container of DIR/request.bin and stays with it to its end. Descriptor 3 is a socket to the caller: events
 * go out (status.h); when the caller of a foreground container is gone, the container is killed. Files in DIR are
 * described in src/runtime/container/state-files.ts. At the end leases are removed, and with --trash what --unlink and
 * --discard name (in this order): so --rm needs nobody else.
 */
#include "monitor.h"
#include "monitor_options.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "container.h"
#include "status.h"
#include "util.h"
#include "verbs.h"

#define CONTROL_FD 3

struct run {
	const struct monitor_options *options;
	int dirfd;
	struct request request;
	struct container container;
	struct relay_options relay;
	bool ended;
};

static struct run *current; /* for the handlers of the loop, which get no context */

/* A session of our own: signals of the caller's terminal come once, through the caller. */
static int leave_caller(bool detach)
{
	(void)syscall(SYS_close_range, CONTROL_FD + 1, ~0U, 0);
	if (detach) {
		pid_t child = fork();
		if (child < 0) return -1;
		if (child > 0) _exit(0);
	}
	(void)setsid();
	return chdir("/");
}

static void signal_arrived(struct source *source, uint32_t events)
{
	(void)events;
	struct signalfd_siginfo info;
	if (read(source->fd, &info, sizeof info) != sizeof info || current->ended) return;
	if (info.ssi_signo == SIGWINCH) relay_resize();
	/* Not reaped yet, so the number still is our child's. */
	else (void)kill(current->container.pid, (int)info.ssi_signo);
}

static void caller_spoke(struct source *source, uint32_t events)
{
	char ignored[64];
	if ((events & EPOLLIN) && recv(source->fd, ignored, sizeof ignored, MSG_DONTWAIT) != 0) return;
	(void)loop_want(source, 0);
	if (!current->ended) container_kill(&current->container);
}

static void container_ended(struct source *source, uint32_t events)
{
	(void)events;
	(void)loop_want(source, 0);
	current->ended = true;
}

static int watch(struct source *source, const char *what, struct err *e)
{
	return loop_want(source, EPOLLIN) < 0 ? fail(e, "watch", "%s", what) : 0;
}

static int open_signals(struct source *source, struct err *e)
{
	static const int forwarded[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2,
					SIGCONT, SIGTSTP, SIGALRM, SIGWINCH};
	sigset_t set;
	(void)sigemptyset(&set);
	for (unsigned i = 0; i < COUNT(forwarded); i++) (void)sigaddset(&set, forwarded[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return fail(e, "signals", "block");
	*source = (struct source){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signal_arrived};
	return source->fd < 0 ? fail(e, "signals", "signalfd") : 0;
}

static int read_request(struct run *r, struct err *e)
{
	CLEANUP_CLOSE int fd = openat(r->dirfd, "request.bin", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return fail(e, "request", "%s/request.bin", r->options->dir);
	return request_read(fd, &r->request, e);
}

/* A pipe whose container end is stdio[index]; the other end is returned. */
static int make_pipe(int stdio[3], int index, struct err *e)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) return fail(e, "pipe", "%d", index);
	stdio[index] = ends[index == 0 ? 0 : 1];
	return ends[index == 0 ? 1 : 0];
}

static int make_stdio(struct run *r, int stdio[3], struct err *e)
{
	struct relay_options *o = &r->relay;
	*o = (struct relay_options){.out = -1, .err = -1, .in = -1, .tty = r->request.terminal,
				    .foreground = !r->options->detach, .interactive = r->options->interactive};
	if (o->tty) {
		/* Its own terminal takes their place. */
		for (int i = 0; i < 3; i++)
			if ((stdio[i] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) return fail(e, "open", "/dev/null");
		return 0;
	}
	if ((o->out = make_pipe(stdio, 1, e)) < 0 || (o->err = make_pipe(stdio, 2, e)) < 0) return -1;
	if (o->interactive) return (o->in = make_pipe(stdio, 0, e)) < 0 ? -1 : 0;
	stdio[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return stdio[0] < 0 ? fail(e, "open", "/dev/null") : 0;
}

static int start(struct run *r, struct err *e)
{
	int stdio[3] = {-1, -1, -1};
	const char *which = "";
	if (proxy_listen(&which) < 0) return fail(e, "listen", "%s", which);
	if (log_open(r->dirfd) < 0) return fail(e, "log", "%s/log", r->options->dir);
	if (make_stdio(r, stdio, e) < 0) return -1;
	int result = container_start(&r->request, stdio, &r->container, e);
	for (int i = 0; i < 3; i++)
		if (stdio[i] >= 0) (void)close(stdio[i]);
	if (result < 0) {
		r->container.pid = -1;
		return -1;
	}
	if (r->relay.tty) {
		r->relay.out = r->container.terminal;
		r->relay.in = fcntl(r->container.terminal, F_DUPFD_CLOEXEC, 0);
		r->container.terminal = -1;
	}
	if (state_identity(r->dirfd, "pid", r->container.pid) < 0 || proxy_record(r->dirfd) < 0)
		return fail(e, "record", "%s", r->options->dir);
	return 0;
}

/* Of a container that runs although the start failed after all. */
static void abandon(struct run *r)
{
	struct container_exit result;
	struct err ignored;
	container_kill(&r->container);
	(void)container_wait(&r->container, &result, &ignored);
}

static void serve_ports(const struct run *r)
{
	char path[40];
	(void)snprintf(path, sizeof path, "/proc/%d/ns/net", (int)r->container.pid);
	int netns = open(path, O_RDONLY | O_CLOEXEC); /* fails when it has ended already: then nobody asks */
	bool bridged = r->request.network.kind == NETWORK_BRIDGE;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	if (netns >= 0) (void)proxy_serve(netns, bridged ? r->request.network.address : NULL);
}

static void run_loop(struct run *r)
{
	while (!r->ended)
		if (loop_step(udp_expire()) < 0) {
			/* Without the loop nobody would serve the container: it must not go on alone. */
			container_kill(&r->container);
			break;
		}
	relay_drain();
	relay_close();
	proxy_close();
}

static void clean(struct run *r)
{
	container_clean(&r->request);
	options_release(r->options);
}

static int end(struct run *r)
{
	struct container_exit result = {.code = 137};
	struct err e;
	(void)container_wait(&r->container, &result, &e);
	struct exit_facts facts = {.code = result.code, .signal = result.signal,
				   .oom_killed = result.oom_killed || container_oom_killed(&r->request)};
	clean(r);
	(void)state_exit(r->dirfd, &facts);
	options_remove(r->options);
	status_exit(CONTROL_FD, &result);
	return result.code;
}

static int fail_start(struct run *r, const struct err *e)
{
	struct exit_facts facts = {.code = container_exec_code(e)};
	if (r->container.pid > 0) abandon(r);
	relay_close();
	clean(r);
	(void)state_exit(r->dirfd, &facts);
	status_error(CONTROL_FD, e);
	return facts.code;
}

static int supervise(struct run *r, struct err *e)
{
	struct source signals, control = {.fd = CONTROL_FD, .ready = caller_spoke}, process = {.ready = container_ended};
	if (loop_open() < 0) return fail(e, "epoll", "create");
	if (open_signals(&signals, e) < 0 || read_request(r, e) < 0) return -1;
	if (state_identity(r->dirfd, "monitor", getpid()) < 0) return fail(e, "record", "%s/monitor", r->options->dir);
	if (start(r, e) < 0) return -1;
	process.fd = r->container.pidfd;
	if (watch(&signals, "signals", e) < 0 || watch(&process, "process", e) < 0) return -1;
	relay_open(&r->relay);
	serve_ports(r);
	status_started(CONTROL_FD, &r->container);
	if (r->options->detach) (void)close(CONTROL_FD);
	else if (watch(&control, "control", e) < 0) return -1;
	run_loop(r);
	return 0;
}

int monitor_main(int argc, char **argv)
{
	struct monitor_options options = {0};
	struct err e;
	if (options_parse(argc, argv, &options) < 0) {
		(void)fprintf(stderr, "usage: tsbuild-native monitor --dir DIR [options]\n");
		return 2;
	}
	if (leave_caller(options.detach) < 0) return 125;
	struct run r = {.options = &options, .container = {.pid = -1, .pidfd = -1, .terminal = -1}};
	current = &r;
	r.dirfd = open(options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (r.dirfd < 0) {
		(void)fail(&e, "open", "%s", options.dir);
		status_error(CONTROL_FD, &e);
		return 125;
	}
	int code = supervise(&r, &e) < 0 ? fail_start(&r, &e) : end(&r);
	request_free(&r.request);
	container_release(&r.container);
	options_free(&options);
	return code;
}
