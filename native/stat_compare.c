#include "stat_compare.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "stat_record.h"
#include "sys.h"
#include "util.h"

enum {
	HEADER = 8 + 32,
	SEAL = 32,
	SHARE = 8, /* directories that a thread takes at once */
	LISTING = 65536,
};

/* The rest of a block; `bad` once something did not fit. */
struct cursor {
	const char *at;
	size_t left;
	bool bad;
};

static const char *take(struct cursor *c, size_t size)
{
	if (c->bad || c->left < size) {
		c->bad = true;
		return NULL;
	}
	const char *data = c->at;
	c->at += size;
	c->left -= size;
	return data;
}

static uint32_t u32_at(const char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return le32toh(value);
}

static uint16_t u16_at(const char *at)
{
	uint16_t value;
	memcpy(&value, at, sizeof value);
	return le16toh(value);
}

static bool same(const char *at, double value)
{
	uint64_t bits;
	double recorded;
	memcpy(&bits, at, sizeof bits);
	bits = le64toh(bits);
	memcpy(&recorded, &bits, sizeof recorded);
	return recorded == value;
}

static bool same_stamp(const char *record, const struct stat *st)
{
	return same(record + 16, stat_milliseconds(st->st_ctim)) && same(record, (double)st->st_size) &&
	       same(record + 8, stat_milliseconds(st->st_mtim)) && same(record + 24, (double)st->st_ino) &&
	       same(record + 32, (double)st->st_dev) && same(record + 40, (double)st->st_mode);
}

/* stat of a name that is not ended by NUL in the cache. */
static bool look(int directory, const char *bytes, size_t size, struct stat *st)
{
	char name[NAME_MAX + 1];
	if (size == 0 || size > NAME_MAX || memchr(bytes, 0, size) || memchr(bytes, '/', size)) return false;
	memcpy(name, bytes, size);
	name[size] = 0;
	return !fstatat(directory, name, st, AT_SYMLINK_NOFOLLOW);
}

/* Number of names in a directory, or -1. */
static long count_names(int directory, char *buffer)
{
	long count = 0;
	for (;;) {
		long size = syscall(SYS_getdents64, directory, buffer, LISTING);
		if (size < 0) return -1;
		if (size == 0) return count;
		for (const char *at = buffer; at < buffer + size; at += u16_at(at + 16)) {
			const char *name = at + 19; /* behind d_ino, d_off, d_reclen, d_type */
			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) count++;
		}
	}
}

/* As many names as were recorded, each of them there: no name was added, none has gone. */
static bool unchanged(int root, const struct stat_block *block, char *buffer)
{
	struct stat st;
	char path[PATH_MAX];
	struct cursor c = {.at = block->records, .left = block->left};
	uint32_t records = u32_at(block->head + 12), hidden = u32_at(block->head + 16);
	memcpy(path, block->path, block->length);
	path[block->length] = 0;
	CLEANUP_CLOSE int directory = sys_openat2(root, block->length ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC,
						  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (directory < 0 || count_names(directory, buffer) != (long)records + (long)hidden) return false;
	for (uint32_t i = 0; i < records; i++) {
		const char *record = take(&c, STAT_RECORD);
		if (!record) return false;
		size_t size = u16_at(record + STAT_RECORD - 4);
		const char *name = take(&c, size);
		if (!name || !take(&c, u16_at(record + STAT_RECORD - 2))) return false;
		if (!look(directory, name, size, &st) || !same_stamp(record, &st)) return false;
	}
	for (uint32_t i = 0; i < hidden; i++) {
		const char *prefix = take(&c, 2);
		size_t size = prefix ? u16_at(prefix) : 0;
		const char *name = take(&c, size);
		if (!name || !look(directory, name, size, &st)) return false;
	}
	return true;
}

struct comparison {
	struct stat_blocks *blocks;
	int root;
	bool until_one;
	atomic_size_t next;
	atomic_bool any;
};

static void *compare_some(void *arg)
{
	struct comparison *all = arg;
	struct stat_blocks *blocks = all->blocks;
	char *buffer = xmalloc(LISTING);
	for (;;) {
		size_t from = atomic_fetch_add(&all->next, SHARE);
		for (size_t i = from; i < from + SHARE && i < blocks->count; i++) {
			struct stat_block *block = &blocks->list[i];
			bool comparable = blocks->by_rules || (u32_at(block->head + 8) & STAT_COMPARABLE) != 0;
			block->differs = !comparable || !unchanged(all->root, block, buffer);
			if (block->differs) atomic_store(&all->any, true);
		}
		if (from + SHARE >= blocks->count || (all->until_one && atomic_load(&all->any))) break;
	}
	free(buffer);
	return NULL;
}

bool stat_blocks_compare(struct stat_blocks *blocks, int root, bool until_one)
{
	struct comparison all = {.blocks = blocks, .root = root, .until_one = until_one};
	stat_in_threads(compare_some, &all, blocks->count, SHARE);
	return !atomic_load(&all.any);
}

int stat_cache_choose(const struct stat_cache *cache, stat_choice *chosen, const void *arg, struct stat_blocks *blocks, struct err *e)
{
	struct cursor all = {.at = cache->data + HEADER, .left = cache->size - HEADER};
	for (blocks->all = 0; all.left; blocks->all++) {
		const char *head = take(&all, STAT_BLOCK);
		const char *rest = head ? take(&all, u32_at(head) - (STAT_BLOCK - 4)) : NULL;
		if (!rest || u32_at(head) < STAT_BLOCK - 4) return fail_with(e, EINVAL, "changed", "malformed state");
		struct cursor records = {.at = rest, .left = u32_at(head) - (STAT_BLOCK - 4)};
		size_t length = u32_at(head + 4);
		const char *path = take(&records, length);
		if (!path || length >= PATH_MAX || memchr(path, 0, length))
			return fail_with(e, EINVAL, "changed", "malformed state");
		struct stat_block block = {.number = blocks->all,
					   .head = head,
					   .path = path,
					   .length = length,
					   .records = records.at,
					   .left = records.left};
		if (!chosen(&block, arg)) continue;
		if (blocks->count == blocks->room) {
			blocks->room = blocks->room ? 2 * blocks->room : 256;
			blocks->list = xrealloc(blocks->list, blocks->room * sizeof block);
		}
		blocks->list[blocks->count++] = block;
	}
	return 0;
}

/* Whoever knows the seal has read the file, and seen that it is the digest of all before. */
static int check_seal(const struct stat_cache *cache, const char *seal, struct err *e)
{
	char hex[2 * SEAL + 1];
	for (size_t i = 0; i < SEAL; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)cache->data[cache->size + i]);
	return strcmp(hex, seal) ? fail_with(e, ESTALE, "changed", "another state") : 0;
}

int stat_cache_open(struct stat_cache *cache, const char *path, const char *seal, struct err *e)
{
	struct stat st;
	*cache = (struct stat_cache){0};
	CLEANUP_CLOSE int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0 || fstat(file, &st)) return fail(e, "changed", "%s", path);
	if (!S_ISREG(st.st_mode) || st.st_size < HEADER + SEAL) return fail_with(e, EINVAL, "changed", "malformed state");
	size_t size = (size_t)st.st_size;
	cache->data = xmalloc(size);
	cache->size = size - SEAL;
	if (read_all(file, cache->data, size) == (ssize_t)size && !check_seal(cache, seal, e)) return 0;
	stat_cache_close(cache);
	return fail_with(e, ESTALE, "changed", "another state");
}

void stat_cache_close(struct stat_cache *cache)
{
	free(cache->data);
	*cache = (struct stat_cache){0};
}
