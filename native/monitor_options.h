/* The monitor's command line, and what it says is to be done at the end. */
#pragma once
#include <stdbool.h>

#include "util.h"

struct monitor_options {
	const char *dir;   /* of the container */
	const char *trash; /* where discards are moved to; NULL without --rm */
	bool detach, interactive;
	struct strings leases, unlinks, discards;
};

/* 0, or -1 for a command line that means nothing. Published ports go to proxy_add. */
int options_parse(int argc, char **argv, struct monitor_options *o);
/* Removes the lease files. */
void options_release(const struct monitor_options *o);
/* --rm: unlinks files and moves directories to the trash, in the order given. */
void options_remove(const struct monitor_options *o);
void options_free(struct monitor_options *o);
