/*
 * front PROGRAM ARGS...
 *
 * Runs a program, tsrun's Node, and starts a monitor when it asks for one. From here that takes a fraction of a millisecond; Node
 * would first load all that starts processes, and is large when it forks. Once the container runs, this process is what tsrun is
 * in the foreground: it passes signals on and ends with the container's exit code. The program may end meanwhile.
 *
 * TSBUILD_FRONT=DESCRIPTOR:INODE tells the program its end of a socket that keeps packets apart. It sends
 *   mARG\0ARG...  start `monitor ARG...`, with our standard descriptors; once
 *   sNUMBER       send the monitor a signal, which came before it ran
 * and gets the monitor's events (status.h), one a packet, until the container runs or cannot, or `gone`.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seal.h"
#include "util.h"
#include "verbs.h"

#define CONTROL_FD 3  /* of the monitor */
#define PATIENCE 3    /* who asks so often to end wants to leave, as with docker */
#define PACKET 196608 /* less than a socket takes at once by default */

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};

static struct {
	pid_t program, monitor;            /* 0: not there, or reaped */
	int program_status, monitor_status; /* as wait(2) has them */
	int socket, control, signals;
	bool started; /* the container runs: it is ours from here on */
	int asked;
	sigset_t mask; /* that we were started with */
} front = {.socket = -1, .control = -1, .signals = -1};

static int open_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	for (unsigned i = 0; i < COUNT(passed_on); i++) (void)sigaddset(&set, passed_on[i]);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, &front.mask) < 0) return -1;
	front.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return front.signals < 0 ? -1 : 0;
}

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

static int start_program(char **argv)
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

static void tell(const char *packet, size_t size)
{
	if (front.socket >= 0) (void)send(front.socket, packet, size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* As Node does for what it starts: the container gets none of what our caller blocks or ignores. */
static void reset_signals(void)
{
	sigset_t none;
	(void)sigemptyset(&none);
	for (int number = 1; number < NSIG; number++) (void)signal(number, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void start_monitor(char *words, size_t size)
{
	int pair[2];
	struct err e;
	CLEANUP_FREE char **argv = xcalloc(size + 3, sizeof *argv);
	size_t count = 0;
	argv[count++] = (char *)"tsbuild-native";
	argv[count++] = (char *)"monitor";
	for (char *word = words; word < words + size; word += strlen(word) + 1) argv[count++] = word;
	if (front.monitor || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		tell("gone", 4);
		return;
	}
	front.monitor = fork();
	if (front.monitor == 0) {
		reset_signals();
		if (pair[1] == CONTROL_FD ? fcntl(CONTROL_FD, F_SETFD, 0) : dup2(pair[1], CONTROL_FD) < 0) _exit(125);
		(void)seal_self(argv, &e);
		_exit(125);
	}
	(void)close(pair[1]);
	front.control = pair[0];
	if (front.monitor < 0) front.monitor = 0;
}

static void leave_container(void)
{
	/* Its monitor kills a container whose caller is gone. */
	if (front.control >= 0) (void)close(front.control);
	front.control = -1;
}

static void pass_on(int number)
{
	if (number == SIGINT || number == SIGTERM) front.asked++;
	if (front.asked >= PATIENCE) {
		if (front.control >= 0)
			(void)fprintf(stderr, "tsrun: asked three times to end: the container is killed\n");
		leave_container();
	} else if (front.monitor)
		(void)kill(front.monitor, number);
}

static void packet_arrived(void)
{
	static char packet[PACKET + 1];
	ssize_t size = recv(front.socket, packet, PACKET, MSG_DONTWAIT);
	if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (size <= 0) {
		(void)close(front.socket);
		front.socket = -1;
		return;
	}
	packet[size] = '\0';
	if (packet[0] == 'm') start_monitor(packet + 1, (size_t)size - 1);
	uint32_t number;
	if (packet[0] == 's' && parse_u32(packet + 1, &number) == 0 && number < NSIG) pass_on((int)number);
}

static bool is_event(const char *line, const char *name)
{
	static const char start[] = "{\"event\":\"";
	size_t length = strlen(name);
	return !strncmp(line, start, sizeof start - 1) && !strncmp(line + sizeof start - 1, name, length) &&
	       line[sizeof start - 1 + length] == '"';
}

static void line_arrived(const char *line, size_t size)
{
	if (front.started) {
		/* The container goes on without us. */
		int code;
		if (is_event(line, "detached") && sscanf(line, "{\"event\":\"detached\",\"code\":%d", &code) == 1) _exit(code);
		return;
	}
	front.started = is_event(line, "started");
	tell(line, size);
}

static void control_readable(void)
{
	static char text[2 * 65536];
	static size_t held;
	ssize_t n = recv(front.control, text + held, sizeof text - 1 - held, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
	if (n <= 0) {
		if (!front.started) tell("gone", 4);
		leave_container();
		return;
	}
	held += (size_t)n;
	char *line = text, *end;
	for (; (end = memchr(line, '\n', held - (size_t)(line - text))); line = end + 1) {
		*end = '\0';
		line_arrived(line, (size_t)(end - line));
	}
	held -= (size_t)(line - text);
	memmove(text, line, held);
	if (held >= sizeof text - 1) held = 0;
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == front.program) {
			front.program = 0;
			front.program_status = status;
			/* Whoever waits for the start of a container is gone: so must it. */
			if (!front.started) leave_container();
		} else if (pid == front.monitor) {
			front.monitor = 0;
			front.monitor_status = status;
		}
	}
}

static void signal_arrived(void)
{
	struct signalfd_siginfo info;
	while (read(front.signals, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		/* A terminal's signals reach the program too, which passes them to us as long as it lives. */
		bool from_terminal = info.ssi_code > 0;
		if (number == SIGCHLD)
			reap();
		else if (front.started ? !(from_terminal && front.program) : false)
			pass_on(number);
		else if (!from_terminal && front.program)
			(void)kill(front.program, number);
	}
}

static int end_like(int status)
{
	if (WIFEXITED(status)) return WEXITSTATUS(status);
	int number = WTERMSIG(status);
	sigset_t set;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, number);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + number;
}

int front_main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "usage: tsbuild-native front PROGRAM [ARGS]\n");
		return 2;
	}
	if (open_signals() < 0 || start_program(argv + 1) < 0) {
		perror("tsrun: start");
		return 125;
	}
	while (front.program || front.monitor) {
		struct pollfd ready[] = {{.fd = front.signals, .events = POLLIN},
					 {.fd = front.control, .events = POLLIN},
					 {.fd = front.socket, .events = POLLIN}};
		if (poll(ready, COUNT(ready), -1) < 0 && errno != EINTR) return 125;
		/* What the monitor has said counts before its end does. */
		if (ready[1].revents) control_readable();
		if (ready[2].revents) packet_arrived();
		if (ready[0].revents) signal_arrived();
	}
	if (!front.started) return end_like(front.program_status);
	return WIFEXITED(front.monitor_status) ? WEXITSTATUS(front.monitor_status) : 137;
}
