/* The processes that `front` starts. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front.h"
#include "seal.h"
#include "util.h"

#define CONTROL_FD 3 /* of the monitor */

/* The lowest free descriptor above the standard ones: Node keeps those from its own children. */
static int hand_socket(int end)
{
	struct stat st;
	char text[64];
	int fd = fcntl(end, F_DUPFD, 3);
	if (fd < 0 || fstat(fd, &st) < 0) return -1;
	(void)snprintf(text, sizeof text, "%d:%llu", fd, (unsigned long long)st.st_ino);
	return setenv("TSBUILD_FRONT", text, 1);
}

int front_start_program(char **argv)
{
	int pair[2];
	pid_t self = getpid();
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -1;
	front.program = fork();
	if (front.program < 0) return -1;
	if (front.program == 0) {
		/* It does not outlive us; asked for after the fork, so look whether it was too late. */
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != self) _exit(125);
		(void)sigprocmask(SIG_SETMASK, &front.mask, NULL);
		if (hand_socket(pair[1]) == 0) (void)execvp(argv[0], argv);
		(void)fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	(void)close(pair[1]);
	front.socket = pair[0];
	return 0;
}

/* As Node does for what it starts: the container gets none of what our caller blocks or ignores. */
static void reset_signals(void)
{
	sigset_t none;
	(void)sigemptyset(&none);
	for (int number = 1; number < NSIG; number++) (void)signal(number, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_monitor(char **argv, int control)
{
	struct err e;
	reset_signals();
	if (control == CONTROL_FD ? fcntl(CONTROL_FD, F_SETFD, 0) : dup2(control, CONTROL_FD) < 0) _exit(125);
	(void)seal_self(argv, &e);
	_exit(125);
}

void front_start_monitor(char *words, size_t size)
{
	int pair[2];
	CLEANUP_FREE char **argv = xcalloc(size + 3, sizeof *argv);
	size_t count = 0;
	argv[count++] = (char *)"tsbuild-native";
	argv[count++] = (char *)"monitor";
	for (char *word = words; word < words + size; word += strlen(word) + 1) argv[count++] = word;
	if (front.monitor || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		front_tell("gone", 4);
		return;
	}
	front.monitor = fork();
	if (front.monitor == 0) become_monitor(argv, pair[1]);
	(void)close(pair[1]);
	front.control = pair[0];
	if (front.monitor < 0) front.monitor = 0;
}
