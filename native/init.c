#include "init.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"
#include "verbs.h"

/* Reaps all that have ended; true when the program was among them. */
static bool reap(pid_t program, int *code)
{
	int status;
	bool ended = false;
	for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
		if (pid != program) continue;
		ended = true;
		*code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return ended;
}

static _Noreturn void supervise(pid_t program, const sigset_t *all)
{
	int code = 0;
	for (;;) {
		siginfo_t info;
		int number = sigwaitinfo(all, &info);
		if (number == SIGCHLD) {
			if (reap(program, &code)) _exit(code);
		} else if (number > 0) {
			(void)kill(program, number);
		}
	}
}

int init_fork(int channel, bool terminal, struct err *e)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	/* Faults of this process itself must end it, and job control of its own terminal must not stop it. */
	static const int own[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
	for (unsigned i = 0; i < sizeof own / sizeof *own; i++) (void)sigdelset(&all, own[i]);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid_t program = fork();
	if (program < 0) return fail(e, "init", "fork");
	if (program == 0) {
		if (terminal) {
			struct sigaction ignore = {.sa_handler = SIG_IGN}, standard = {.sa_handler = SIG_DFL};
			(void)sigaction(SIGTTOU, &ignore, NULL);
			(void)setpgid(0, 0);
			(void)tcsetpgrp(STDIN_FILENO, getpid());
			(void)sigaction(SIGTTOU, &standard, NULL);
		}
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		return 0;
	}
	if (channel >= 0) (void)close(channel);
	(void)sys_close_range(3, ~0u, 0);
	(void)prctl(PR_SET_NAME, "init");
	supervise(program, &all);
}

/* Verb `init`: init -- PROGRAM ARGS. */
int init_main(int argc, char **argv)
{
	struct err e;
	if (argc < 3 || strcmp(argv[1], "--") != 0) {
		(void)fprintf(stderr, "usage: init -- PROGRAM ARGS\n");
		return 2;
	}
	if (init_fork(-1, false, &e)) return 70;
	(void)execvp(argv[2], argv + 2);
	int number = errno;
	(void)fprintf(stderr, "exec \"%s\": %s\n", argv[2], strerror(number));
	return number == ENOENT ? 127 : 126;
}
