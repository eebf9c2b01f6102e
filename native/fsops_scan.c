/*
 * fsops scan DIR: one record per path on stdout, parents before children, siblings in byte order. A record:
 *   u32 size of the rest, u32 depth (0 is DIR itself), u32 st_mode, u32 uid, u32 gid, u32 nlink, u32 mtime nanoseconds,
 *   u64 size, i64 mtime seconds, u64 ino, u32 dev major, u32 dev minor, u32 rdev major, u32 rdev minor,
 *   u16 name length, u16 link target length, u32 number of xattrs, name, link target,
 *   per xattr: u16 name length, u32 value length, name, value.
 * The last record has size 0: without it the output is cut off.
 */
#include "fsops.h"

#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#define OUTPUT_CHUNK (1u << 20)

/* All xattrs of `name`, appended; their number, or -1 with errno. Which of them matter is the caller's policy. */
static int add_xattrs(struct bytes *record, const char *name)
{
	static char keys[XATTR_LIST_MAX];
	static char value[XATTR_SIZE_MAX];
	ssize_t size = llistxattr(name, keys, sizeof keys);
	if (size < 0) return errno == ENOTSUP ? 0 : -1;
	int count = 0;
	for (const char *key = keys; key < keys + size; key += strlen(key) + 1) {
		ssize_t length = lgetxattr(name, key, value, sizeof value);
		if (length < 0 && (errno == ENODATA || errno == ENOTSUP)) continue;
		if (length < 0) return -1;
		bytes_u16(record, (uint16_t)strlen(key));
		bytes_u32(record, (uint32_t)length);
		bytes_add(record, key, strlen(key));
		bytes_add(record, value, (size_t)length);
		count++;
	}
	return count;
}

static void patch_u32(struct bytes *b, size_t at, uint32_t value)
{
	struct bytes part = {.data = b->data, .used = at, .room = b->room};
	bytes_u32(&part, value);
}

static int emit(struct bytes *out, size_t depth, const char *name, const struct stat *st, struct err *e)
{
	static char target[PATH_MAX];
	const char *path = *name ? name : ".";
	ssize_t link = S_ISLNK(st->st_mode) ? readlink(path, target, sizeof target) : 0;
	if (link < 0) return fail(e, "readlink", "%s", name);
	size_t start = out->used;
	bytes_u32(out, 0);
	bytes_u32(out, (uint32_t)depth);
	bytes_u32(out, st->st_mode);
	bytes_u32(out, st->st_uid);
	bytes_u32(out, st->st_gid);
	bytes_u32(out, (uint32_t)st->st_nlink);
	bytes_u32(out, (uint32_t)st->st_mtim.tv_nsec);
	bytes_u64(out, (uint64_t)st->st_size);
	bytes_u64(out, (uint64_t)st->st_mtim.tv_sec);
	bytes_u64(out, st->st_ino);
	bytes_u32(out, major(st->st_dev));
	bytes_u32(out, minor(st->st_dev));
	bytes_u32(out, major(st->st_rdev));
	bytes_u32(out, minor(st->st_rdev));
	bytes_u16(out, (uint16_t)strlen(name));
	bytes_u16(out, (uint16_t)link);
	size_t count_at = out->used;
	bytes_u32(out, 0);
	bytes_add(out, name, strlen(name));
	bytes_add(out, target, (size_t)link);
	int count = add_xattrs(out, path);
	if (count < 0) return fail(e, "xattr", "%s", name);
	patch_u32(out, count_at, (uint32_t)count);
	patch_u32(out, start, (uint32_t)(out->used - start - 4));
	return 0;
}

static int flush(struct bytes *out, scan_sink *put, struct err *e)
{
	if (put(out->data, out->used)) return fail(e, "write", "records");
	out->used = 0;
	return 0;
}

static int visit_all(struct walk *walk, struct bytes *out, scan_sink *put, struct err *e)
{
	while (walk->depth) {
		struct frame *top = &walk->frames[walk->depth - 1];
		if (top->next == top->names.count) {
			if (walk_leave(walk, e)) return -1;
			continue;
		}
		const char *name = names_get(&top->names, top->next++);
		struct stat st;
		if (lstat(name, &st)) return fail(e, "stat", "%s", name);
		if (emit(out, walk->depth, name, &st, e)) return -1;
		if (out->used >= OUTPUT_CHUNK && flush(out, put, e)) return -1;
		if (S_ISDIR(st.st_mode) && walk_enter(walk, name, e)) return -1;
	}
	return 0;
}

int fsops_scan_to(const char *directory, scan_sink *put, struct err *e)
{
	struct walk walk = {.sorted = true};
	struct bytes out = {0};
	struct stat st;
	int result = walk_begin(&walk, directory, e);
	if (!result && stat(".", &st)) result = fail(e, "stat", "%s", directory);
	if (!result) result = emit(&out, 0, "", &st, e);
	if (!result) result = visit_all(&walk, &out, put, e);
	if (!result) {
		bytes_u32(&out, 0);
		result = flush(&out, put, e);
	}
	walk_free(&walk);
	free(out.data);
	return result;
}

static int write_records(const void *bytes, size_t size) { return write_all(1, bytes, size); }

int fsops_scan(const char *directory, struct err *e) { return fsops_scan_to(directory, write_records, e); }
