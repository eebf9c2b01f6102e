#include "inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sys.h"
#include "util.h"

#define INSIDE (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

int inroot_open(int root, const char *path, int flags)
{
	return sys_openat2(root, path, (uint64_t)(unsigned)(O_PATH | flags), INSIDE);
}

int inroot_open_plain(int root, const char *path, int flags)
{
	return sys_openat2(root, path, (uint64_t)(unsigned)(O_PATH | flags), INSIDE | RESOLVE_NO_SYMLINKS);
}

static long long ctime_of(const struct stat *st) { return st->st_ctim.tv_sec * 1000000000LL + st->st_ctim.tv_nsec; }

static int note_changes(int notes, int parent, const char *name, const struct stat *before)
{
	struct stat after, entry;
	if (fstat(parent, &after) || fstatat(parent, name, &entry, AT_SYMLINK_NOFOLLOW)) return -1;
	return dprintf(notes, "%llu:%lld %llu:%lld\n- %llu:%lld\n", (unsigned long long)before->st_ino, ctime_of(before),
		       (unsigned long long)after.st_ino, ctime_of(&after), (unsigned long long)entry.st_ino,
		       ctime_of(&entry)) < 0;
}

/* Makes `name` in the directory; EEXIST is left to the caller. Times are fixed: they may end up in a layer. */
static int make_entry(int parent, const char *name, bool directory, struct inroot_made *made)
{
	static const struct timespec epoch[2] = {{0, 0}, {0, 0}};
	struct stat before;
	if (fstat(parent, &before)) return -1;
	if (directory) {
		if (mkdirat(parent, name, 0755)) return -1;
	} else {
		int fd = openat(parent, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd < 0) return -1;
		(void)close(fd);
	}
	(void)utimensat(parent, name, epoch, AT_SYMLINK_NOFOLLOW);
	const struct timespec as_before[2] = {{.tv_nsec = UTIME_OMIT}, before.st_mtim};
	(void)utimensat(parent, ".", as_before, 0);
	made->any = true;
	return made->notes < 0 ? 0 : note_changes(made->notes, parent, name, &before);
}

/* `path` with the dangling symlink at [start, end) replaced by its target. */
static int follow(int parent, char *path, size_t start, size_t end)
{
	char name[NAME_MAX + 1], target[PATH_MAX], joined[PATH_MAX];
	(void)snprintf(name, sizeof name, "%.*s", (int)(end - start), path + start);
	ssize_t n = readlinkat(parent, name, target, sizeof target - 1);
	if (n < 0) return -1;
	target[n] = 0;
	int kept = *target == '/' ? 0 : (int)start;
	int length = snprintf(joined, sizeof joined, "%.*s%s%s", kept, path, target, path + end);
	if (length < 0 || (size_t)length >= sizeof joined) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, joined, (size_t)length + 1);
	return 0;
}

/*
 * Makes the first component that is missing. Returns 0 when one was made or a dangling symlink was followed (try again),
 * 1 when nothing was missing, -1 with errno.
 */
static int make_first_missing(int root, char *path, bool directory, struct inroot_made *made)
{
	CLEANUP_CLOSE int parent = inroot_open(root, "/", O_DIRECTORY);
	if (parent < 0) return -1;
	for (size_t start = 0, end = 0;; start = end) {
		start += strspn(path + start, "/");
		end = start + strcspn(path + start, "/");
		if (start == end) return 1;
		bool last = path[end + strspn(path + end, "/")] == 0;
		char after = path[end];
		path[end] = 0;
		int fd = inroot_open(root, path, 0);
		if (fd < 0 && errno == ENOENT) {
			int result = make_entry(parent, path + start, directory || !last, made);
			path[end] = after;
			return result && errno == EEXIST ? follow(parent, path, start, end) : result;
		}
		path[end] = after;
		if (fd < 0) return -1;
		(void)close(parent);
		parent = fd;
	}
}

int inroot_make(int root, const char *path, bool directory, struct inroot_made *made, struct err *e)
{
	int fd = inroot_open(root, path, 0);
	made->any = false;
	if (fd < 0 && errno == ENOENT) {
		char buffer[PATH_MAX];
		int length = snprintf(buffer, sizeof buffer, "%s", path);
		if (length < 0 || (size_t)length >= sizeof buffer)
			return fail_with(e, ENAMETOOLONG, "mount-point", "%.200s", path);
		/* Bounded: a chain of dangling symlinks may be a loop through names that are made in between. */
		int state = 0;
		for (int tries = 0; state == 0 && tries < 256; tries++)
			state = make_first_missing(root, buffer, directory, made);
		if (state < 0) return fail(e, "mount-point", "%s", path);
		fd = inroot_open(root, path, 0);
	}
	if (fd < 0) return fail(e, "mount-point", "%s", path);
	struct stat st;
	if (!fstat(fd, &st) && S_ISDIR(st.st_mode) == directory) return fd;
	(void)close(fd);
	return fail_with(e, directory ? ENOTDIR : EISDIR, "mount-point", "%s", path);
}
