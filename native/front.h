/* What the parts of `front` (front.c) share. There is one of it in a process. */
#pragma once
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct front {
	pid_t program, monitor; /* 0: not there, or reaped */
	int program_status, monitor_status; /* as wait(2) has them */
	int socket, control, signals;
	bool started;  /* the container runs: it is ours from here on */
	sigset_t mask; /* that we were started with */
};
extern struct front front;

/* front_start.c: processes. 0, or -1 with errno. */
int front_start_program(char **argv);
/* `words`: arguments ended by NUL, `size` bytes with all the NULs. The program is told `gone` when that fails. */
void front_start_monitor(char *words, size_t size);

/* front_talk.c: what the program and the monitor say. Each is called when its descriptor can be read. */
void front_tell(const char *packet, size_t size);
void front_packet_arrived(void);
void front_control_readable(void);
/* The monitor kills a container whose caller is gone. */
void front_leave_container(void);

/* front_signals.c. 0, or -1 with errno. */
int front_open_signals(void);
/* Takes what has come; SIGCHLD calls `reap`. */
void front_signal_arrived(void (*reap)(void));
/* Hands over what came before the container ran. */
void front_started(void);

/* front_recipe.c. Does what a recipe says for these words of tsrun; false when there is none that holds: nothing has happened then. */
bool front_replay(char **words);
/* The container of the recipe, if that is what there is, runs. */
void front_replay_started(void);
/* It could not be started: nothing of it is left, and the program is to do it. False when there was no recipe. */
bool front_replay_undo(void);
