/*
 * L ROOT STATE SEAL BLOCKS PLAIN: directories of a build's context are what they were. STATE is the context's stat cache, which ends with
 * SEAL; BLOCKS has a bit for each of its directories, the lowest first: those that the build looked at. PLAIN are paths, each with a NUL
 * behind it, of ignored names that would be looked into were they directories. What differs in any way is left to Node, which reads no
 * file either whose name and stamp are those of the cache.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "recipe.h"
#include "stat_compare.h"
#include "sys.h"
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
	/* Each ignored directory that may show something is one of the marked ones. */
	struct stat_blocks blocks = {.by_rules = true};
	/* All that are marked are there: a mark beyond the last one stands for what nobody has looked at. */
	bool same = !stat_cache_choose(cache, is_marked, bits, &blocks, &e) && blocks.count > 0 && blocks.count == count_marks(bits) &&
		    stat_blocks_compare(&blocks, root, true);
	free(blocks.list);
	return same;
}

/* Their directories have been looked at: there is no link on the way. */
static bool none_is_directory(int root, const char *paths, size_t size)
{
	struct stat st;
	if (size > 0 && paths[size - 1]) return false;
	for (const char *path = paths; path < paths + size; path += strlen(path) + 1) {
		CLEANUP_CLOSE int fd =
			sys_openat2(root, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
		if (fd < 0 || fstat(fd, &st) || S_ISDIR(st.st_mode)) return false;
	}
	return true;
}

int recipe_context(const struct recipe *r)
{
	struct err e;
	struct stat_cache cache;
	struct recipe_text bits;
	size_t plain_size;
	if (r->item.count != 5) return -1;
	CLEANUP_FREE char *path = recipe_fill(r, 0, NULL);
	CLEANUP_FREE char *state = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *seal = recipe_fill(r, 2, NULL);
	CLEANUP_FREE char *marks = recipe_fill(r, 3, &bits.size);
	CLEANUP_FREE char *plain = recipe_fill(r, 4, &plain_size);
	bits.bytes = marks;
	CLEANUP_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || stat_cache_open(&cache, state, seal, &e)) return -1;
	bool same = all_same(&cache, root, &bits) && none_is_directory(root, plain, plain_size);
	stat_cache_close(&cache);
	return same ? 0 : -1;
}
