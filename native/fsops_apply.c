/*
 * fsops apply DIR: runs a batch from stdin inside DIR. A record: u32 size of the rest, u8 op, u16 path length, path, then
 *   'n' u32 st_mode, u32 major, u32 minor     mknod
 *   's' u16 length, text                      symlink
 *   'l' u16 length, path                      hard link to a path of the tree (symlinks are not followed)
 *   'o' u32 uid, u32 gid                      owner
 *   'm' u32 mode                              permission bits (not for symlinks)
 *   't' i64 seconds, u32 nanoseconds          mtime and atime
 *   'x' u16 length, name, u32 length, value   xattr
 *   'X' as 'x', but EPERM and ENOTSUP are passed over: path NUL name NUL is written to stdout
 * Paths are relative to DIR, clean, '' is DIR. Their parents are resolved with openat2 beneath DIR, without any symlink.
 */
#include "fsops.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

/* Rest of one record; `bad` once something did not fit. */
struct reader {
	const char *at;
	size_t left;
	bool bad;
};

static const char *take(struct reader *r, size_t size)
{
	if (r->bad || r->left < size) {
		r->bad = true;
		return "\0\0\0\0\0\0\0";
	}
	const char *data = r->at;
	r->at += size;
	r->left -= size;
	return data;
}

static uint16_t take_u16(struct reader *r)
{
	uint16_t value;
	memcpy(&value, take(r, sizeof value), sizeof value);
	return le16toh(value);
}

static uint32_t take_u32(struct reader *r)
{
	uint32_t value;
	memcpy(&value, take(r, sizeof value), sizeof value);
	return le32toh(value);
}

static uint64_t take_u64(struct reader *r)
{
	uint64_t value;
	memcpy(&value, take(r, sizeof value), sizeof value);
	return le64toh(value);
}

/* A text of at most PATH_MAX-1 bytes without NUL, copied to `text`. */
static void take_text(struct reader *r, char text[PATH_MAX])
{
	size_t size = take_u16(r);
	if (size >= PATH_MAX) r->bad = true;
	const char *data = take(r, size);
	text[0] = 0;
	if (r->bad) return;
	if (memchr(data, 0, size)) r->bad = true;
	memcpy(text, data, size);
	text[size] = 0;
}

struct tree {
	int root;
	char parent[PATH_MAX]; /* whose directory is the working directory */
	bool entered;
};

static int open_beneath(int root, const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	return (int)syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how);
}

/* Cuts `path` at its last slash; the name, "." for the root, or NULL when it is no name. */
static const char *split(char *path, const char **parent)
{
	char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	*parent = slash ? path : "";
	if (!*path) return ".";
	if (slash) *slash = 0;
	return !*name || !strcmp(name, ".") || !strcmp(name, "..") ? NULL : name;
}

/* Makes the parent of `path` the working directory and returns the name in it; consecutive records mostly share it. */
static const char *enter_parent(struct tree *tree, char *path, struct err *e)
{
	const char *parent;
	const char *name = split(path, &parent);
	if (!name) {
		(void)fail_with(e, EINVAL, "apply", "%s", path);
		return NULL;
	}
	if (tree->entered && !strcmp(tree->parent, parent)) return name;
	tree->entered = false;
	CLEANUP_CLOSE int fd = open_beneath(tree->root, parent);
	if (fd < 0 || fchdir(fd)) {
		(void)fail(e, "apply", "%s", parent);
		return NULL;
	}
	(void)strcpy(tree->parent, parent);
	tree->entered = true;
	return name;
}

static int hard_link(const struct tree *tree, char *target, const char *name)
{
	const char *parent;
	const char *target_name = split(target, &parent);
	if (!target_name) {
		errno = EINVAL;
		return -1;
	}
	CLEANUP_CLOSE int fd = open_beneath(tree->root, parent);
	return fd < 0 ? -1 : linkat(fd, target_name, AT_FDCWD, name, 0);
}

static int set_mode(const char *name, mode_t mode)
{
	char link[64];
	struct stat st;
	CLEANUP_CLOSE int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) return -1;
	if (S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		return -1;
	}
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return chmod(link, mode);
}

static int set_times(const char *name, int64_t seconds, uint32_t nanoseconds)
{
	struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)nanoseconds};
	return utimensat(AT_FDCWD, name, (struct timespec[]){time, time}, AT_SYMLINK_NOFOLLOW);
}

static int set_xattr(struct reader *r, const char *name, const char *path, bool tolerant)
{
	char key[PATH_MAX];
	take_text(r, key);
	size_t size = take_u32(r);
	const char *value = take(r, size);
	if (r->bad) return 0;
	if (!lsetxattr(name, key, value, size, 0)) return 0;
	if (!tolerant || (errno != EPERM && errno != ENOTSUP)) return -1;
	if (write_all(1, path, strlen(path) + 1) || write_all(1, key, strlen(key) + 1)) return -1;
	return 0;
}

static int run(const struct tree *tree, char op, struct reader *r, const char *name, const char *path)
{
	char text[PATH_MAX];
	uint32_t a, b, c;
	switch (op) {
	case 'n':
		a = take_u32(r), b = take_u32(r), c = take_u32(r);
		return r->bad ? 0 : mknod(name, a, makedev(b, c));
	case 's':
		take_text(r, text);
		return r->bad ? 0 : symlink(text, name);
	case 'l':
		take_text(r, text);
		return r->bad ? 0 : hard_link(tree, text, name);
	case 'o':
		a = take_u32(r), b = take_u32(r);
		return r->bad ? 0 : lchown(name, a, b);
	case 'm':
		a = take_u32(r);
		return r->bad ? 0 : set_mode(name, a);
	case 't': {
		uint64_t seconds = take_u64(r);
		a = take_u32(r);
		return r->bad ? 0 : set_times(name, (int64_t)seconds, a);
	}
	case 'x':
	case 'X':
		return set_xattr(r, name, path, op == 'X');
	default:
		errno = ENOSYS;
		return -1;
	}
}

static int apply_record(struct tree *tree, struct reader *r, struct err *e)
{
	char path[PATH_MAX], whole[PATH_MAX];
	char op = *take(r, 1);
	take_text(r, path);
	if (r->bad) return fail_with(e, EINVAL, "apply", "malformed record");
	(void)strcpy(whole, path);
	const char *name = enter_parent(tree, path, e);
	if (!name) return -1;
	if (run(tree, op, r, name, whole)) {
		const char step[] = {'a', 'p', 'p', 'l', 'y', '-', op, 0};
		return fail(e, step, "%s", whole);
	}
	if (r->bad || r->left) return fail_with(e, EINVAL, "apply", "%s: malformed record", whole);
	return 0;
}

int fsops_apply(const char *directory, struct err *e)
{
	struct bytes input = {0};
	CLEANUP_CLOSE int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) return fail(e, "apply", "%s", directory);
	if (bytes_read_stdin(&input)) return fail(e, "read", "stdin");
	(void)umask(0);
	static struct tree tree;
	tree.root = root;
	struct reader all = {.at = input.data, .left = input.used};
	int result = 0;
	while (!result && all.left) {
		size_t size = take_u32(&all);
		struct reader record = {.at = take(&all, size), .left = size, .bad = all.bad};
		result = apply_record(&tree, &record, e);
	}
	free(input.data);
	return result;
}
