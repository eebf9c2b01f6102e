#include "hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "sys.h"

/* What a hook prints is nobody's: the streams here are the program's. */
static void silence(int input)
{
	int null = open("/dev/null", O_RDWR);
	for (int fd = 1; fd < 3; fd++) {
		if (null >= 0)
			(void)dup2(null, fd);
		else
			(void)close(fd);
	}
	(void)dup2(input, 0);
	(void)sys_close_range(3, ~0u, 0);
}

static _Noreturn void become(const struct request_hook *h, int input)
{
	static const char *const none[] = {NULL};
	const char *const own[] = {h->path, NULL};
	const char *const *args = h->args.count ? h->args.items : own;
	const char *const *env = h->env.count ? h->env.items : none;
	silence(input);
	(void)execve(h->path, (char *const *)(uintptr_t)args, (char *const *)(uintptr_t)env);
	_exit(errno == ENOENT ? 127 : 126);
}

/* 1 when it took too long. */
static int await(pid_t pid, uint32_t seconds, int *status)
{
	CLEANUP_CLOSE int pidfd = sys_pidfd_open(pid);
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	int patience = seconds == 0 || seconds > 1000000 ? -1 : (int)seconds * 1000;
	int late = pidfd < 0 ? 0 : poll(&ended, 1, patience) == 0;
	if (late) (void)kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR) return -1;
	return late;
}

static int run(const struct request_hook *h, struct err *e)
{
	int ends[2], status = 0;
	if (pipe2(ends, O_CLOEXEC)) return fail(e, "hook", "%s", h->path);
	CLEANUP_CLOSE int input = ends[0];
	pid_t pid = fork();
	if (pid == 0) become(h, input);
	CLEANUP_FREE char *state = xasprintf("%s%d%s", h->state_head, (int)getpid(), h->state_tail);
	/* A hook may end without reading it. The pipe takes 64 KiB without a reader; annotations may be longer. */
	struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
	(void)close(steal_fd(&input));
	(void)sigaction(SIGPIPE, &ignore, &before);
	if (pid > 0) (void)write_all(ends[1], state, strlen(state));
	(void)sigaction(SIGPIPE, &before, NULL);
	(void)close(ends[1]);
	if (pid < 0) return fail(e, "hook", "%s", h->path);
	int late = await(pid, h->timeout, &status);
	if (late > 0) return fail_with(e, ETIMEDOUT, "hook", "%s", h->path);
	if (late < 0) return fail(e, "hook", "%s", h->path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
	int number = WIFEXITED(status) && WEXITSTATUS(status) == 127 ? ENOENT : ECANCELED;
	return fail_with(e, number, "hook", "%s: %s %d", h->path, WIFEXITED(status) ? "status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

int hooks_run(const struct request *r, enum hook_moment moment, struct err *e)
{
	for (size_t i = 0; i < r->life.hook_count; i++)
		if (r->life.hooks[i].moment == moment && run(&r->life.hooks[i], e)) return -1;
	return 0;
}
