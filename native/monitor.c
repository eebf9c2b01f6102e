/*
 * monitor --dir DIR [--detach] [--interactive] [--publish P]... (monitor_options.h has all of them)
 *
 * Starts the container of DIR/request.bin and stays with it to its end, starting it again as DIR/policy says. Descriptor 3 is a
 * socket to the caller: events go out (status.h); when the caller of a foreground container is gone, the container is killed.
 * Files in DIR are described in src/runtime/container/state-files.ts. At the end leases are removed, and with --trash its names
 * and what --discard names (in this order): so --rm needs nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor_attach.h"
#include "monitor_dns.h"
#include "monitor_life.h"
#include "monitor_stdio.h"
#include "status.h"
#include "verbs.h"

static struct life *current; /* for the handlers of the loop, which get no context */
static struct source signals, process;

/* A session of our own: signals of the caller's terminal come once, through the caller. */
static int leave_caller(const struct monitor_options *o)
{
	(void)syscall(SYS_close_range, CONTROL_FD + 1 + o->preserved, ~0U, 0);
	if (o->detach) {
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
	if (read(source->fd, &info, sizeof info) != sizeof info) return;
	if (current->ended || current->container.pid <= 0) return;
	/* Files have changed: the loop looks at DIR/stopped. */
	if (info.ssi_signo == SIGURG) {
		proxy_look();
		dns_open_late(current->dirfd, current->container.pid);
		return;
	}
	if (info.ssi_signo == SIGWINCH) output_follow_size();
	/* Not reaped yet, so the number still is our child's. */
	else (void)kill(current->container.pid, (int)info.ssi_signo);
}

static void caller_spoke(struct source *source, uint32_t events)
{
	char byte;
	ssize_t n = events & EPOLLIN ? recv(source->fd, &byte, 1, MSG_DONTWAIT) : 0;
	if (n < 0 && errno == EAGAIN) return;
	(void)loop_want(source, 0);
	if (n > 0) {
		/* Whatever it says, it is that it leaves. */
		life_leave_caller(current, 0);
		return;
	}
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

static int open_signals(struct err *e)
{
	static const int taken[] = {SIGTERM, SIGINT,  SIGHUP,  SIGQUIT,  SIGUSR1, SIGUSR2,
				    SIGCONT, SIGTSTP, SIGALRM, SIGWINCH, SIGURG};
	sigset_t set;
	(void)sigemptyset(&set);
	for (unsigned i = 0; i < COUNT(taken); i++) (void)sigaddset(&set, taken[i]);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGTTOU, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return fail(e, "signals", "block");
	signals = (struct source){.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signal_arrived};
	return signals.fd < 0 ? fail(e, "signals", "signalfd") : watch(&signals, "signals", e);
}

static int read_request(struct life *l, struct err *e)
{
	CLEANUP_CLOSE int fd = openat(l->dirfd, "request.bin", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return fail(e, "request", "%s/request.bin", l->options->dir);
	return request_read(fd, &l->request, e);
}

/* What is held from the first start to the last end. */
static int prepare(struct life *l, struct err *e)
{
	const char *which = "", *dir = l->options->dir;
	if (loop_open() < 0) return fail(e, "epoll", "create");
	if (open_signals(e) < 0 || read_request(l, e) < 0) return -1;
	if (state_identity(l->dirfd, "monitor", getpid()) < 0) return fail(e, "record", "%s/monitor", dir);
	if (proxy_listen(&which) < 0) return fail(e, "listen", "%s", which);
	if (!l->options->no_log && log_open(l->dirfd, &l->options->log) < 0) return fail(e, "log", "%s/log", dir);
	bool joins = l->request.join > 0;
	return !joins && attach_listen(l->dirfd) < 0 ? fail(e, "attach", "%s/" ATTACH_SOCKET, dir) : 0;
}

static int watch_process(struct life *l, struct err *e)
{
	process = (struct source){.fd = l->container.pidfd, .ready = container_ended};
	return watch(&process, "process", e);
}

static int start_first(struct life *l, struct err *e)
{
	if (prepare(l, e) < 0 || life_start(l, e) < 0 || watch_process(l, e) < 0) return -1;
	status_started(CONTROL_FD, &l->container);
	l->control = (struct source){.fd = CONTROL_FD, .ready = caller_spoke};
	if (l->options->detach) (void)close(CONTROL_FD);
	else if (watch(&l->control, "control", e) < 0) return -1;
	return 0;
}

static void run_loop(struct life *l)
{
	while (!l->ended) {
		int timeout = sooner(sooner(sooner(udp_expire(), dns_expire()), health_step()), life_deadline(l));
		if (loop_step(timeout) >= 0) continue;
		/* Without the loop nobody would serve the container: it must not go on alone. */
		container_kill(&l->container);
		l->ended = true;
	}
}

/* Between two runs. False when somebody has asked for the end. */
static bool rest(const struct life *l)
{
	uint64_t end = now_ms() + (uint64_t)restart_pause();
	while (!restart_stopped(l)) {
		if (now_ms() >= end) return true;
		if (loop_step(until_ms(end)) < 0) return false;
	}
	return false;
}

/* Starts it again; false when it is not to be, or cannot be: then *facts says how it ended. */
static bool start_again(struct life *l, struct exit_facts *facts)
{
	struct err e;
	if (!restart_wanted(l, facts)) return false;
	if (state_restart(l->dirfd, restart_count(), true, facts) < 0) return false;
	life_leave_caller(l, facts->code);
	if (!rest(l)) return false;
	if (life_start(l, &e) < 0 || watch_process(l, &e) < 0) {
		if (l->container.pid > 0) {
			container_kill(&l->container);
			life_finish(l, facts);
		}
		facts->code = container_exec_code(&e);
		return false;
	}
	(void)state_restart(l->dirfd, restart_count(), false, facts);
	/* It was asked to end while it started, when there was no process to tell. */
	if (restart_stopped(l)) life_ask_end(l);
	return true;
}

static void clean(struct life *l)
{
	attach_close(l->dirfd);
	proxy_close();
	life_reload(l);
	container_clean(&l->request);
	leases_release(l->dirfd);
}

static int run_to_end(struct life *l)
{
	struct exit_facts facts;
	do {
		run_loop(l);
		life_finish(l, &facts);
	} while (start_again(l, &facts));
	clean(l);
	(void)state_exit(l->dirfd, &facts);
	if (l->options->trash) journal_write(l, "destroy", "");
	options_remove(l->options, l->dirfd);
	const struct container_exit result = {.code = facts.code, .signal = facts.signal, .oom_killed = facts.oom_killed};
	if (l->foreground) status_exit(CONTROL_FD, &result);
	return facts.code;
}

static int fail_start(struct life *l, const struct err *e)
{
	struct exit_facts facts = {.code = container_exec_code(e)}, ignored;
	if (l->container.pid > 0) {
		/* It runs although the start failed after all. */
		container_kill(&l->container);
		life_finish(l, &ignored);
	}
	clean(l);
	(void)state_exit(l->dirfd, &facts);
	status_error(CONTROL_FD, e);
	return facts.code;
}

int monitor_main(int argc, char **argv)
{
	struct monitor_options options = {0};
	struct err e;
	if (options_parse(argc, argv, &options) < 0) {
		(void)fprintf(stderr, "usage: tsbuild-native monitor --dir DIR [options]\n");
		return 2;
	}
	if (leave_caller(&options) < 0) return 125;
	struct life l = {.options = &options,
			 .container = {.pid = -1, .pidfd = -1, .terminal = -1},
			 .foreground = !options.detach};
	current = &l;
	l.dirfd = open(options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (l.dirfd < 0) {
		(void)fail(&e, "open", "%s", options.dir);
		status_error(CONTROL_FD, &e);
		return 125;
	}
	int code = start_first(&l, &e) < 0 ? fail_start(&l, &e) : run_to_end(&l);
	request_free(&l.request);
	container_release(&l.container);
	options_free(&options);
	return code;
}
