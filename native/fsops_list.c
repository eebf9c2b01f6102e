/*
 * fsops list ROOT: looks at what lies in directories below ROOT, which stdin names, each ended by NUL ("." is ROOT itself).
 * stdout: for each, in order, a block of a stat cache (src/build/context/stat-cache-format.ts) without a path and with all names
 * in byte order, none with a digest. One that is not comparable says nothing: its directory could not be looked at. Then 0xffffffff,
 * without which the output is cut off. Symlinks are not followed, files not opened. Threads share the directories.
 */
#include "fsops.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "stat_record.h"
#include "sys.h"

enum { SHARE = 8, LISTING = 65536 };

struct listing {
	const char *path;
	struct bytes block;
};

struct listings {
	struct listing *list;
	size_t count, room;
	int root;
	atomic_size_t next;
};

/* What a thread needs for one directory after the other. */
struct reader {
	char *buffer;
	struct bytes text; /* names, each ended by NUL */
	char **names;
	size_t count, room;
};

static void put_double(struct bytes *out, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof bits);
	bytes_u64(out, bits);
}

/* The names of a directory, sorted; -1 when it cannot be read. */
static int read_names(struct reader *reader, int directory)
{
	reader->text.used = reader->count = 0;
	for (;;) {
		long size = syscall(SYS_getdents64, directory, reader->buffer, LISTING);
		if (size < 0) return -1;
		if (size == 0) return 0;
		uint16_t length;
		for (const char *at = reader->buffer; at < reader->buffer + size; at += length) {
			const char *name = at + 19; /* behind d_ino, d_off, d_reclen, d_type */
			memcpy(&length, at + 16, sizeof length);
			if (!strcmp(name, ".") || !strcmp(name, "..")) continue;
			bytes_add(&reader->text, name, strlen(name) + 1);
			reader->count++;
		}
	}
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void sort_names(struct reader *reader)
{
	if (reader->count > reader->room) {
		reader->room = 2 * reader->count;
		reader->names = xrealloc(reader->names, reader->room * sizeof *reader->names);
	}
	char *name = reader->text.data;
	for (size_t i = 0; i < reader->count; i++, name += strlen(name) + 1) reader->names[i] = name;
	if (reader->count) qsort(reader->names, reader->count, sizeof *reader->names, by_name);
}

/* Target of a symlink, numbers of a device. The length, or -1. */
static ssize_t rest_of(int directory, const char *name, const struct stat *st, char rest[PATH_MAX])
{
	if (S_ISLNK(st->st_mode)) return readlinkat(directory, name, rest, PATH_MAX);
	if (!S_ISCHR(st->st_mode) && !S_ISBLK(st->st_mode)) return 0;
	return snprintf(rest, PATH_MAX, "%u:%u", major(st->st_rdev), minor(st->st_rdev));
}

/* 1 when a record was added, 0 when the name has gone, -1 when it cannot be looked at. */
static int put_record(struct bytes *out, int directory, const char *name, struct stat *st)
{
	static const char no_digest[32];
	char rest[PATH_MAX];
	if (fstatat(directory, name, st, AT_SYMLINK_NOFOLLOW)) return errno == ENOENT ? 0 : -1;
	ssize_t length = rest_of(directory, name, st, rest);
	if (length < 0 || length >= PATH_MAX) return -1;
	put_double(out, (double)st->st_size);
	put_double(out, stat_milliseconds(st->st_mtim));
	put_double(out, stat_milliseconds(st->st_ctim));
	put_double(out, (double)st->st_ino);
	put_double(out, (double)st->st_dev);
	put_double(out, (double)st->st_mode);
	bytes_add(out, no_digest, sizeof no_digest);
	bytes_u16(out, st->st_nlink > 1 ? STAT_LINKED : 0);
	bytes_u16(out, (uint16_t)strlen(name));
	bytes_u16(out, (uint16_t)length);
	bytes_add(out, name, strlen(name));
	bytes_add(out, rest, (size_t)length);
	return 1;
}

struct counts {
	uint32_t records, files, directories;
};

static int put_records(struct reader *reader, int root, struct listing *listing, struct counts *counts)
{
	struct stat st;
	CLEANUP_CLOSE int directory = sys_openat2(root, listing->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC,
						  RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (directory < 0 || read_names(reader, directory)) return -1;
	sort_names(reader);
	for (size_t i = 0; i < reader->count; i++) {
		int put = put_record(&listing->block, directory, reader->names[i], &st);
		if (put < 0) return -1;
		if (put == 0) continue;
		counts->records++;
		counts->files += S_ISREG(st.st_mode);
		counts->directories += S_ISDIR(st.st_mode);
	}
	return 0;
}

static void put_head(char head[STAT_BLOCK], size_t size, uint32_t comparable, const struct counts *counts)
{
	const uint32_t numbers[7] = {htole32((uint32_t)size - 4), 0, htole32(comparable), htole32(counts->records), 0,
				     htole32(counts->files), htole32(counts->directories)};
	memset(head, 0, STAT_BLOCK);
	memcpy(head, numbers, sizeof numbers);
}

static void list(struct reader *reader, int root, struct listing *listing)
{
	static const char empty[STAT_BLOCK];
	struct counts counts = {0};
	bytes_add(&listing->block, empty, sizeof empty);
	bool is_whole = !put_records(reader, root, listing, &counts) && listing->block.used < UINT32_MAX;
	if (!is_whole) {
		listing->block.used = STAT_BLOCK;
		counts = (struct counts){0};
	}
	put_head(listing->block.data, listing->block.used, is_whole ? STAT_COMPARABLE : 0, &counts);
}

static void *list_some(void *arg)
{
	struct listings *all = arg;
	struct reader reader = {.buffer = xmalloc(LISTING)};
	for (;;) {
		size_t from = atomic_fetch_add(&all->next, SHARE);
		for (size_t i = from; i < from + SHARE && i < all->count; i++) list(&reader, all->root, &all->list[i]);
		if (from + SHARE >= all->count) break;
	}
	free(reader.buffer);
	free(reader.text.data);
	free(reader.names);
	return NULL;
}

static void find_paths(const struct bytes *input, struct listings *all)
{
	for (const char *path = input->data; path < input->data + input->used; path += strlen(path) + 1) {
		if (all->count == all->room) {
			all->room = all->room ? 2 * all->room : 256;
			all->list = xrealloc(all->list, all->room * sizeof *all->list);
		}
		all->list[all->count++] = (struct listing){.path = path};
	}
}

int fsops_list(const char *path, struct err *e)
{
	struct bytes input = {0};
	struct listings all = {0};
	const uint32_t end = UINT32_MAX;
	CLEANUP_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) return fail(e, "list", "%s", path);
	if (bytes_read_stdin(&input)) return fail(e, "read", "stdin");
	int result = 0;
	if (input.used && input.data[input.used - 1] != 0) {
		result = fail_with(e, EINVAL, "read", "stdin");
	} else if (input.used) {
		find_paths(&input, &all);
		all.root = root;
		stat_in_threads(list_some, &all, all.count, SHARE);
	}
	for (size_t i = 0; i < all.count; i++) {
		struct bytes *block = &all.list[i].block;
		if (!result && write_all(1, block->data, block->used)) result = fail(e, "write", "stdout");
		free(block->data);
	}
	if (!result && write_all(1, &end, sizeof end)) result = fail(e, "write", "stdout");
	free(all.list);
	free(input.data);
	return result;
}
