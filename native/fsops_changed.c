/*
 * fsops changed ROOT STATE SEAL PREFIX: compares the directories that a context's stat cache (STATE, written by
 * src/build/context/store-stat-cache.ts, whose last bytes are SEAL in hex) knows at or below PREFIX with those below ROOT.
 * stdout: the number (u32, counted from 0) of each block whose directory is not, name for name and stamp for stamp, what it
 * was, or was never comparable; then how many directories were compared and 0xffffffff, without which the output is cut off.
 * Files are not opened. What takes time is looking at each name: threads share the directories.
 */
#include "fsops.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "stat_record.h"
#include "sys.h"

enum {
	HEADER = 8 + 32,
	SEAL = 32,
	SHARE = 8, /* directories that a thread takes at once */
	LISTING = 65536,
};

struct state {
	const char *data;
	size_t size; /* without the seal */
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

/* One directory of the state. */
struct block {
	uint32_t number;
	const char *head, *path;
	struct cursor records;
	bool differs;
};

/* As many names as were recorded, each of them there: no name was added, none has gone. */
static bool unchanged(int root, const struct block *block, char *buffer)
{
	struct stat st;
	char path[PATH_MAX];
	struct cursor c = block->records;
	uint32_t records = u32_at(block->head + 12), hidden = u32_at(block->head + 16);
	size_t length = u32_at(block->head + 4);
	memcpy(path, block->path, length);
	path[length] = 0;
	CLEANUP_CLOSE int directory = sys_openat2(root, length ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC,
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

static bool at_or_below(const char *path, size_t length, const char *prefix)
{
	size_t size = strlen(prefix);
	return size == 0 || (length >= size && !memcmp(path, prefix, size) && (length == size || path[size] == '/'));
}

struct blocks {
	struct block *list;
	size_t count, room;
	int root;
	atomic_size_t next;
};

/* All blocks of directories at or below `prefix`. */
static int find_blocks(const struct state *state, const char *prefix, struct blocks *blocks, struct err *e)
{
	struct cursor all = {.at = state->data + HEADER, .left = state->size - HEADER};
	for (uint32_t number = 0; all.left; number++) {
		const char *head = take(&all, STAT_BLOCK);
		const char *rest = head ? take(&all, u32_at(head) - (STAT_BLOCK - 4)) : NULL;
		if (!rest || u32_at(head) < STAT_BLOCK - 4) return fail_with(e, EINVAL, "changed", "malformed state");
		struct block block = {
			.number = number, .head = head, .records = {.at = rest, .left = u32_at(head) - (STAT_BLOCK - 4)}};
		size_t size = u32_at(head + 4);
		block.path = take(&block.records, size);
		if (!block.path || size >= PATH_MAX || memchr(block.path, 0, size))
			return fail_with(e, EINVAL, "changed", "malformed state");
		if (!at_or_below(block.path, size, prefix)) continue;
		if (blocks->count == blocks->room) {
			blocks->room = blocks->room ? 2 * blocks->room : 256;
			blocks->list = xrealloc(blocks->list, blocks->room * sizeof block);
		}
		blocks->list[blocks->count++] = block;
	}
	return 0;
}

static void *compare_some(void *arg)
{
	struct blocks *blocks = arg;
	char *buffer = xmalloc(LISTING);
	for (;;) {
		size_t from = atomic_fetch_add(&blocks->next, SHARE);
		for (size_t i = from; i < from + SHARE && i < blocks->count; i++) {
			struct block *block = &blocks->list[i];
			bool comparable = (u32_at(block->head + 8) & STAT_COMPARABLE) != 0;
			block->differs = !comparable || !unchanged(blocks->root, block, buffer);
		}
		if (from + SHARE >= blocks->count) break;
	}
	free(buffer);
	return NULL;
}

static int answer(const struct blocks *blocks, struct err *e)
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

/* The caller has read the file too: the seal tells whether it is the same one. */
static int check_seal(const struct state *state, const char *seal, struct err *e)
{
	char hex[2 * SEAL + 1];
	for (size_t i = 0; i < SEAL; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)state->data[state->size + i]);
	return strcmp(hex, seal) ? fail_with(e, ESTALE, "changed", "another state") : 0;
}

int fsops_changed(const struct changed_args *args, struct err *e)
{
	struct stat st;
	struct blocks blocks = {0};
	CLEANUP_CLOSE int root = open(args->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) return fail(e, "changed", "%s", args->root);
	CLEANUP_CLOSE int file = open(args->state, O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &st)) return fail(e, "changed", "%s", args->state);
	if (st.st_size < HEADER + SEAL) return fail_with(e, EINVAL, "changed", "malformed state");
	size_t size = (size_t)st.st_size;
	char *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	if (data == MAP_FAILED) return fail(e, "changed", "%s", args->state);
	struct state state = {.data = data, .size = size - SEAL};
	int result = check_seal(&state, args->seal, e);
	if (!result) result = find_blocks(&state, args->prefix, &blocks, e);
	if (!result) {
		blocks.root = root;
		stat_in_threads(compare_some, &blocks, blocks.count, SHARE);
		result = answer(&blocks, e);
	}
	free(blocks.list);
	(void)munmap(data, size);
	return result;
}
