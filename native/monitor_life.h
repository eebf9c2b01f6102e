/* The parts of the monitor around one run of the container. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "container.h"
#include "monitor.h"
#include "monitor_options.h"

enum { CONTROL_FD = 3 };

struct life {
	const struct monitor_options *options;
	int dirfd;
	struct request request;
	struct container container; /* pid -1 while none runs */
	bool foreground;            /* our stdio and the control socket are in use */
	struct source control;
	bool ended;
	bool force_restart, forbid_restart; /* what the health check wants when it has ended */
	uint64_t started; /* now_ms */
	uint64_t kill_at; /* now_ms when it is killed, having been asked to end; 0: it was not asked */
	uint64_t end_at;  /* now_ms when it has run for as long as it may; 0: for ever */
	unsigned long oom_kills; /* counted before this run */
};

/* ---- monitor_life.c ---- */

/* Starts the container; on failure nothing of it runs. */
int life_start(struct life *l, struct err *e);
/* Reads the request again: networks and cgroups may have come and gone. */
void life_reload(struct life *l);
/* After container_ended: takes the rest of its output and its status. */
void life_finish(struct life *l, struct exit_facts *facts);
/* Asks the container to end and kills it when it does not in time. */
void life_ask_end(struct life *l);
/* Kills it when its time is over; ms until then, -1 when it has no end. */
int life_deadline(struct life *l);
/* Gives up our stdio and the control socket: from here on the container runs in the background. `code` is the caller's. */
void life_leave_caller(struct life *l, int code);

/* ---- monitor_restart.c ---- */

/*
 * Whether the container is to be started again after such an end, by DIR/policy ("always", "unless-stopped", "on-failure N",
 * N 0 for no limit) and by what the health check said; never when DIR/stopped is there. Counts and sets the pause.
 */
bool restart_wanted(struct life *l, const struct exit_facts *facts);
/* Milliseconds until the start. */
int restart_pause(void);
unsigned restart_count(void);
/* Somebody has asked for the end (DIR/stopped). */
bool restart_stopped(const struct life *l);

/* ---- monitor_health.c, monitor_probe.c ---- */

/* After every start; the time of the first probe runs from here. */
void health_open(struct life *l);
/* Starts a probe when one is due; ms until the next. */
int health_step(void);
/* Before the container's end is taken: a probe that runs is killed. */
void health_close(void);

struct probe {
	pid_t pid;      /* of the process that looks after it */
	int result;     /* a pipe: int32_t code, then the output */
};
enum { PROBE_OUTPUT_MAX = 4096 };
/* Runs DIR/health.bin in the container, for at most `timeout` ms; code -1 when it was killed or could not be started. */
int probe_start(struct probe *p, const struct life *l);

/* ---- monitor_journal.c ---- */

/* Appends an event (docker's fields) to the store's journal; `attributes` is JSON members with a leading comma, or "". */
void journal_write(const struct life *l, const char *action, const char *attributes);
