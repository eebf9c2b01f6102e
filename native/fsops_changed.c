/*
 * fsops changed ROOT STATE SEAL PREFIX: compares the directories that a context's stat cache (STATE, written by
 * src/build/context/store-stat-cache.ts, whose last bytes are SEAL in hex) knows at or below PREFIX with those below ROOT.
 * stdout: the number (u32, counted from 0) of each block whose directory differs (stat_compare.h); then how many directories were
 * compared and 0xffffffff, without which the output is cut off.
 */
#include "fsops.h"

#include <fcntl.h>
#include <string.h>

#include "stat_compare.h"

static bool at_or_below(const struct stat_block *block, const void *arg)
{
	const char *prefix = arg;
	size_t size = strlen(prefix);
	if (size == 0) return true;
	return block->length >= size && !memcmp(block->path, prefix, size) && (block->length == size || block->path[size] == '/');
}

static int answer(const struct stat_blocks *blocks, struct err *e)
{
	struct bytes out = {0};
	for (size_t i = 0; i < blocks->count; i++)
		if (blocks->list[i].differs) bytes_u32(&out, blocks->list[i].number);
	bytes_u32(&out, (uint32_t)blocks->count);
	bytes_u32(&out, UINT32_MAX);
	int result = write_all(1, out.data, out.used) ? fail(e, "write", "stdout") : 0;
	free(out.data);
	return result;
}

int fsops_changed(const struct changed_args *args, struct err *e)
{
	struct stat_cache cache;
	struct stat_blocks blocks = {0};
	CLEANUP_CLOSE int root = open(args->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) return fail(e, "changed", "%s", args->root);
	if (stat_cache_open(&cache, args->state, args->seal, e)) return -1;
	int result = stat_cache_choose(&cache, at_or_below, args->prefix, &blocks, e);
	if (!result) {
		(void)stat_blocks_compare(&blocks, root, false);
		result = answer(&blocks, e);
	}
	free(blocks.list);
	stat_cache_close(&cache);
	return result;
}
