/*
 * Signals of `front`. Until the container runs they are the program's, which may be pulling an image: a terminal sends them to it
 * too, others are passed on to it. All are remembered, and the container gets them once it runs, whatever the program makes of them:
 * it may be waiting for the start in a system call, and have nothing to do afterwards but to end.
 */
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "front.h"
#include "monitor.h"
#include "util.h"

#define PATIENCE 3 /* who asks so often to end wants to leave, as with docker */
#define REMEMBERED 16
#define SAME_MOMENT 20 /* ms */

static const int passed_on[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
static int early[REMEMBERED], early_count, asked;

int front_open_signals(void)
{
	sigset_t set;
	(void)sigemptyset(&set);
	for (unsigned i = 0; i < COUNT(passed_on); i++) (void)sigaddset(&set, passed_on[i]);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, &front.mask) < 0) return -1;
	front.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return front.signals < 0 ? -1 : 0;
}

static void pass_on(int number)
{
	if (number == SIGINT || number == SIGTERM) asked++;
	if (asked >= PATIENCE) {
		if (front.control >= 0)
			(void)fprintf(stderr, "tsrun: asked three times to end: the container is killed\n");
		front_leave_container();
	} else if (front.monitor)
		(void)kill(front.monitor, number);
}

void front_started(void)
{
	front.started = true;
	for (int i = 0; i < early_count; i++) pass_on(early[i]);
	early_count = 0;
}

/*
 * timeout(1) signals its child and then the whole group, so the program gets one by itself and up to two through us. It must not
 * count them as three wishes to end: equal ones at the same moment are passed on once, as the kernel keeps them once.
 */
static bool is_repeated(int number)
{
	static int last;
	static uint64_t passed_at;
	uint64_t now = now_ms();
	bool repeated = number == last && now - passed_at < SAME_MOMENT;
	if (!repeated) passed_at = now;
	last = number;
	return repeated;
}

static void came_early(int number, bool from_terminal)
{
	if (early_count < REMEMBERED) early[early_count++] = number;
	if (!from_terminal && front.program && !is_repeated(number)) (void)kill(front.program, number);
}

void front_signal_arrived(void (*reap)(void))
{
	struct signalfd_siginfo info;
	while (read(front.signals, &info, sizeof info) == sizeof info) {
		int number = (int)info.ssi_signo;
		if (number == SIGCHLD)
			reap();
		else if (front.started)
			pass_on(number);
		else
			came_early(number, info.ssi_code > 0);
	}
}
