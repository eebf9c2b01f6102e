/* The monitor's command line, and what it says is to be done at the end. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "detach_keys.h"
#include "monitor.h"
#include "util.h"

enum health_action { HEALTH_NONE, HEALTH_KILL, HEALTH_STOP, HEALTH_RESTART };

/* Times are milliseconds. */
struct health_options {
	uint64_t interval; /* 0: there is no check */
	uint64_t timeout, start_period, start_interval;
	uint32_t retries;
	enum health_action on_failure;
	const char *cgroup; /* that the probe's processes are in, and nobody else */
};

struct monitor_options {
	const char *dir;     /* of the container */
	const char *trash;   /* where discards are moved to; NULL without --rm */
	const char *journal; /* the store's file of events, or NULL */
	bool detach, interactive, own_input, stdin_once, no_log;
	struct log_options log;
	struct detach_keys keys;
	uint32_t stop_signal;
	int64_t stop_timeout; /* seconds; negative: for ever */
	uint64_t run_timeout; /* milliseconds that one run may take; 0: for ever */
	const char *pid_file; /* where the pid of the first process is written too, or NULL */
	uint32_t preserved;   /* descriptors of ours, from 4 on, that the program gets from 3 on */
	struct health_options health;
	struct strings discards;
};

/* 0, or -1 for a command line that means nothing. Published ports go to proxy_add. */
int options_parse(int argc, char **argv, struct monitor_options *o);
/* --rm: frees the names and moves directories to the trash, in the order given. */
void options_remove(const struct monitor_options *o, int dirfd);
void options_free(struct monitor_options *o);
