/*
 * L ROOT STATE SEAL BLOCKS: directories of a build's context are what they were. STATE is the context's stat cache, which ends with SEAL;
 * BLOCKS has a bit for each of its directories, the lowest first: those that the build looked at. What differs in any way is left to Node,
 * which reads no file either whose name and stamp are those of the cache.
 */
#include <fcntl.h>

#include "recipe.h"
#include "stat_compare.h"
#include "util.h"

static bool is_marked(const struct stat_block *block, const void *arg)
{
	const struct recipe_text *bits = arg;
	size_t byte = block->number / 8;
	return byte < bits->size && ((unsigned char)bits->bytes[byte] >> (block->number % 8) & 1);
}

static size_t count_marks(const struct recipe_text *bits)
{
	size_t count = 0;
	for (size_t i = 0; i < bits->size; i++)
		for (unsigned rest = (unsigned char)bits->bytes[i]; rest; rest >>= 1) count += rest & 1;
	return count;
}

static bool all_same(const struct stat_cache *cache, int root, const struct recipe_text *bits)
{
	struct err e;
	struct stat_blocks blocks = {0};
	/* All that are marked are there: a mark beyond the last one stands for what nobody has looked at. */
	bool same = !stat_cache_choose(cache, is_marked, bits, &blocks, &e) && blocks.count > 0 && blocks.count == count_marks(bits) &&
		    stat_blocks_compare(&blocks, root, true);
	free(blocks.list);
	return same;
}

int recipe_context(const struct recipe *r)
{
	struct err e;
	struct stat_cache cache;
	struct recipe_text bits;
	if (r->item.count != 4) return -1;
	CLEANUP_FREE char *path = recipe_fill(r, 0, NULL);
	CLEANUP_FREE char *state = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *seal = recipe_fill(r, 2, NULL);
	CLEANUP_FREE char *marks = recipe_fill(r, 3, &bits.size);
	bits.bytes = marks;
	CLEANUP_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || stat_cache_open(&cache, state, seal, &e)) return -1;
	bool same = all_same(&cache, root, &bits);
	stat_cache_close(&cache);
	return same ? 0 : -1;
}
