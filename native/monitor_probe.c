/*
 * One run of the health check. A process of its own looks after it: joining the container's pid namespace is for children of
 * whoever asks for it, and the monitor must be able to make another container.
 */
#include "monitor_life.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "sys.h"

enum { RESULT_FD = 3 };

static char output[PROBE_OUTPUT_MAX + 8];
static size_t output_size;
static bool truncated;

static void say(const char *text)
{
	output_size = (size_t)snprintf(output, sizeof output, "%s", text);
	if (output_size >= sizeof output) output_size = sizeof output - 1;
}

/* False at the end of the output. */
static bool collect(int fd)
{
	char more[4096];
	ssize_t n = read(fd, more, sizeof more);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
	if (n <= 0) return false;
	size_t room = PROBE_OUTPUT_MAX - output_size, take = (size_t)n < room ? (size_t)n : room;
	memcpy(output + output_size, more, take);
	output_size += take;
	truncated = truncated || take < (size_t)n;
	return true;
}

/* False when the time is over. */
static bool await_end(const struct container *container, int pipe, uint64_t end)
{
	bool open_pipe = true;
	for (;;) {
		struct pollfd polls[] = {{.fd = container->pidfd, .events = POLLIN}, {.fd = open_pipe ? pipe : -1, .events = POLLIN}};
		int count = poll(polls, 2, until_ms(end));
		if (polls[1].revents && count > 0) open_pipe = collect(pipe);
		if (count > 0 && polls[0].revents) return true;
		if (count == 0 || now_ms() >= end) return false;
	}
}

static int run_probe(struct request *request, const struct health_options *options)
{
	int ends[2], stdio[3];
	struct container container;
	struct container_exit result;
	struct err e;
	if (pipe2(ends, O_CLOEXEC) < 0 || (stdio[0] = open("/dev/null", O_RDWR | O_CLOEXEC)) < 0) return -1;
	stdio[1] = stdio[2] = ends[1];
	if (container_start(request, stdio, &container, &e) < 0) {
		char text[700];
		(void)snprintf(text, sizeof text, "%s %s: %s", e.step, e.arg, strerror(e.number));
		say(text);
		return -1;
	}
	(void)close(ends[1]);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	bool ended = await_end(&container, ends[0], now_ms() + options->timeout);
	if (!ended) {
		if (options->cgroup) cgroup_kill_members(options->cgroup);
		container_kill(&container);
	}
	int waited = container_wait(&container, &result, &e);
	while (collect(ends[0])) continue;
	if (!ended) {
		char text[64];
		uint64_t ms = options->timeout;
		(void)snprintf(text, sizeof text, ms % 1000 ? "Health check exceeded timeout (%llums)" : "Health check exceeded timeout (%llus)",
			       (unsigned long long)(ms % 1000 ? ms : ms / 1000));
		say(text);
		return -1;
	}
	return waited < 0 ? -1 : result.code;
}

static _Noreturn void look_after(const struct life *l, int result)
{
	struct request request;
	struct err e;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	CLEANUP_CLOSE int file = openat(l->dirfd, "health.bin", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int32_t code = -1;
	if (file < 0 || request_read(file, &request, &e) < 0) {
		say("the request of the health check cannot be read");
	} else {
		request.join = l->container.pid;
		/* Neither ports nor those who are attached are to be held open by us. */
		if (dup2(result, RESULT_FD) < 0 || sys_close_range(RESULT_FD + 1, ~0u, 0)) _exit(1);
		result = RESULT_FD;
		if (l->options->health.cgroup) (void)mkdir(l->options->health.cgroup, 0755);
		code = run_probe(&request, &l->options->health);
	}
	if (truncated) {
		memcpy(output + PROBE_OUTPUT_MAX, "...", 3);
		output_size = PROBE_OUTPUT_MAX + 3;
	}
	(void)!write(result, &code, sizeof code);
	(void)write_all(result, output, output_size);
	_exit(0);
}

int probe_start(struct probe *p, const struct life *l)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) return -1;
	p->pid = fork();
	if (p->pid == 0) look_after(l, ends[1]);
	(void)close(ends[1]);
	p->result = ends[0];
	if (p->pid > 0) return 0;
	(void)close(ends[0]);
	return -1;
}
