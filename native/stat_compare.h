/* Is what a context's stat cache (src/build/context/store-stat-cache.ts) says of directories still so? */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* The whole file in memory: another process may do with it what it likes. */
struct stat_cache {
	char *data;
	size_t size; /* without the seal */
};

/* `seal`: its last 32 bytes in hex, by which the caller knows it. 0, or -1. */
int stat_cache_open(struct stat_cache *cache, const char *path, const char *seal, struct err *e);
void stat_cache_close(struct stat_cache *cache);

/* One directory. */
struct stat_block {
	uint32_t number; /* place in the file, from 0 */
	const char *head, *path;
	size_t length; /* of the path, which is not ended */
	const char *records;
	size_t left; /* bytes of records and hidden names */
	bool differs;
};

/* Some of them, in the order of the file. */
struct stat_blocks {
	struct stat_block *list;
	size_t count, room;
	uint32_t all; /* how many the file has */
	bool by_rules; /* whoever asks knows what is to be seen in ignored directories: then all can be compared */
};

/* Adds all that `chosen` says yes to; the list is to be freed. 0, or -1 for a file that is damaged. */
typedef bool stat_choice(const struct stat_block *block, const void *arg);
int stat_cache_choose(const struct stat_cache *cache, stat_choice *chosen, const void *arg, struct stat_blocks *blocks, struct err *e);

/*
 * Sets `differs` of each that is not, name for name and stamp for stamp, what it was, or was never comparable. Files are not opened.
 * What takes time is looking at each name: threads share the directories. True: none differs. `until_one`: one that does is enough to
 * know, the others may be left out.
 */
bool stat_blocks_compare(struct stat_blocks *blocks, int root, bool until_one);
