/*
 * fsops changed ROOT STATE SEAL PREFIX: compares the directories that a context's stat cache (STATE, written by
 * src/build/context/stat-cache-file.ts, whose last bytes are SEAL in hex) knows at or below PREFIX with those below ROOT.
 * stdout: the number (u32, counted from 0) of each block whose directory is not, name for name and stamp for stamp, what it
 * was, or was never comparable; then how many directories were compared and 0xffffffff, without which the output is cut off.
 * Files are not opened.
 */
#include "fsops.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "sys.h"

enum {
	HEADER = 8 + 32,
	SEAL = 32,
	BLOCK = 7 * 4 + 32, /* fixed part of a block */
	RECORD = 6 * 8 + 32 + 3 * 2,
	COMPARABLE = 1,
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

/* Exactly as Node makes its milliseconds: both steps rounded, never fused. */
static double milliseconds(struct timespec time)
{
	volatile double whole = (double)time.tv_sec * 1000.0;
	volatile double rest = (double)time.tv_nsec / 1000000.0;
	return whole + rest;
}

static bool same_stamp(const char *record, const struct stat *st)
{
	return same(record + 16, milliseconds(st->st_ctim)) && same(record, (double)st->st_size) &&
	       same(record + 8, milliseconds(st->st_mtim)) && same(record + 24, (double)st->st_ino) &&
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
static long count_names(int directory)
{
	static _Alignas(8) char buffer[65536];
	long count = 0;
	for (;;) {
		long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
		if (size < 0) return -1;
		if (size == 0) return count;
		for (const char *at = buffer; at < buffer + size; at += u16_at(at + 16)) {
			const char *name = at + 19; /* behind d_ino, d_off, d_reclen, d_type */
			if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) count++;
		}
	}
}

/* As many names as were recorded, each of them there: no name was added, none has gone. */
static bool unchanged(int root, const char *path, const char *head, struct cursor *c)
{
	struct stat st;
	uint32_t records = u32_at(head + 12), hidden = u32_at(head + 16);
	CLEANUP_CLOSE int directory = sys_openat2(root, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC,
						  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (directory < 0 || count_names(directory) != (long)records + (long)hidden) return false;
	for (uint32_t i = 0; i < records; i++) {
		const char *record = take(c, RECORD);
		if (!record) return false;
		size_t size = u16_at(record + RECORD - 4);
		const char *name = take(c, size);
		if (!name || !take(c, u16_at(record + RECORD - 2))) return false;
		if (!look(directory, name, size, &st) || !same_stamp(record, &st)) return false;
	}
	for (uint32_t i = 0; i < hidden; i++) {
		const char *length = take(c, 2);
		size_t size = length ? u16_at(length) : 0;
		const char *name = take(c, size);
		if (!name || !look(directory, name, size, &st)) return false;
	}
	return true;
}

static bool at_or_below(const char *path, const char *prefix)
{
	size_t size = strlen(prefix);
	return size == 0 || (!strncmp(path, prefix, size) && (path[size] == 0 || path[size] == '/'));
}

static int compare(const struct state *state, int root, const char *prefix, struct bytes *out, struct err *e)
{
	char path[PATH_MAX];
	struct cursor all = {.at = state->data + HEADER, .left = state->size - HEADER};
	uint32_t compared = 0;
	for (uint32_t number = 0; all.left; number++) {
		const char *head = take(&all, BLOCK);
		const char *rest = head ? take(&all, u32_at(head) - (BLOCK - 4)) : NULL;
		if (!rest || u32_at(head) < BLOCK - 4) return fail_with(e, EINVAL, "changed", "malformed state");
		struct cursor block = {.at = rest, .left = u32_at(head) - (BLOCK - 4)};
		size_t size = u32_at(head + 4);
		const char *name = take(&block, size);
		if (!name || size >= sizeof path) return fail_with(e, EINVAL, "changed", "malformed state");
		memcpy(path, name, size);
		path[size] = 0;
		if (!at_or_below(path, prefix)) continue;
		compared++;
		bool comparable = (u32_at(head + 8) & COMPARABLE) != 0;
		if (!comparable || !unchanged(root, path, head, &block)) bytes_u32(out, number);
	}
	bytes_u32(out, compared);
	bytes_u32(out, UINT32_MAX);
	return 0;
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
	struct bytes out = {0};
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
	if (!result) result = compare(&state, root, args->prefix, &out, e);
	if (!result && write_all(1, out.data, out.used)) result = fail(e, "write", "stdout");
	free(out.data);
	(void)munmap(data, size);
	return result;
}
