/*
 * front PROGRAM ARGS...
 *
 * Runs a program, tsrun's Node, and starts a monitor when it asks for one. From here that takes a fraction of a millisecond; Node
 * would first load all that starts processes, and is large when it forks. Once the container runs, this process is what tsrun is
 * in the foreground: it passes signals on and ends with the container's exit code. The program may end meanwhile.
 *
 * TSBUILD_FRONT=DESCRIPTOR:INODE tells the program its end of a socket that keeps packets apart. It sends
 *   mARG\0ARG...  start `monitor ARG...`, with our standard descriptors; once
 * and gets the monitor's events (status.h), one a packet, until the container runs or cannot, or `gone`.
 *
 * front PROGRAM -- SCRIPT WORDS...
 *
 * The same; of words that it knows, the front starts the monitor without the program (front_recipe.c).
 */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"
#include "verbs.h"

struct front front = {.socket = -1, .control = -1, .signals = -1};

/* What we open must not pass for standard input or output of the container. */
static int fill_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd) return -1;
	return 0;
}

static void reap(void)
{
	int status;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid == front.program) {
			front.program = 0;
			front.program_status = status;
			/* Whoever waits for the start of a container is gone: so must it. */
			if (!front.started) front_leave_container();
		} else if (pid == front.monitor) {
			front.monitor = 0;
			front.monitor_status = status;
		}
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

/* Until the program and the monitor have ended. */
static int attend(void)
{
	while (front.program || front.monitor) {
		struct pollfd ready[] = {{.fd = front.signals, .events = POLLIN},
					 {.fd = front.control, .events = POLLIN},
					 {.fd = front.socket, .events = POLLIN}};
		if (poll(ready, COUNT(ready), -1) < 0 && errno != EINTR) return -1;
		/* What the monitor has said counts before its end does. */
		if (ready[1].revents) front_control_readable();
		if (ready[2].revents) front_packet_arrived();
		if (ready[0].revents) front_signal_arrived(reap);
	}
	return 0;
}

static int cannot_start(void)
{
	perror("tsrun: start");
	return 125;
}

int front_main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "usage: tsbuild-native front PROGRAM [ARGS]\n");
		return 2;
	}
	bool replayed = false;
	if (fill_standard() < 0 || front_open_signals() < 0) return cannot_start();
	if (argc > 4 && !strcmp(argv[2], "--")) replayed = front_replay(argv + 4);
	if (!replayed && front_start_program(argv + 1) < 0) return cannot_start();
	if (attend() < 0) return 125;
	if (!front.started && replayed && front_replay_undo()) {
		front_leave_container();
		if (front_start_program(argv + 1) < 0) return cannot_start();
		if (attend() < 0) return 125;
	}
	if (!front.started) return end_like(front.program_status);
	return WIFEXITED(front.monitor_status) ? WEXITSTATUS(front.monitor_status) : 137;
}
