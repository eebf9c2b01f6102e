/* What a stat cache says of a name (src/build/context/stat-cache-format.ts). */
#pragma once
#include <stddef.h>
#include <time.h>

enum {
	STAT_BLOCK = 7 * 4 + 32,	/* fixed part of a block */
	STAT_RECORD = 6 * 8 + 32 + 3 * 2, /* fixed part of a record */
	STAT_COMPARABLE = 1,
	STAT_LINKED = 2, /* flag of a record: has other names */
};

/* Exactly as Node makes its milliseconds: both steps rounded, never fused. */
double stat_milliseconds(struct timespec time);

enum { STAT_THREADS = 4 };
/*
 * Calls `work` for as many threads as there is work for: this one and, where there are processors and more than `share` things to
 * do for each, others. Returns when all of them have.
 */
void stat_in_threads(void *(*work)(void *), void *arg, size_t things, size_t share);
