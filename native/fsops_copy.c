/*
 * fsops copy SRC NAME DST NEWNAME OWNER: copies one entry of a directory into another under a new name, with all that is below.
 * NAME and NEWNAME are one component or "." (the directory itself: what is in it is merged). OWNER is as fsops_owner.h has it.
 * Every name is opened relative to a descriptor and never through a symlink, so that whoever changes either tree in the
 * meantime cannot lead outside. Mode, times, holes, hard links and those xattrs that belong to files are kept. A file
 * appears whole, by a rename. A directory is never replaced by something else, nor the other way round.
 */
#include "fsops_copy.h"
#include "fsops.h"
#include "fsops_owner.h"
#include "setup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

struct link {
	dev_t dev;
	ino_t ino;
	int fd; /* of the copy */
};

struct copy {
	struct owner owner;
	dev_t made_dev; /* the topmost directory that was made: it may lie in what is copied */
	ino_t made_ino;
	struct link *links;
	size_t link_count, link_room;
	unsigned long temp;
};

static int entry(struct copy *c, int from, const char *name, int to, const char *new_name, struct err *e);

/* The owner first: it clears set-id bits and capabilities. */
static int finish(const struct copy *c, int from, int to, const struct stat *st)
{
	if (fchown(to, owner_uid(&c->owner, st->st_uid), owner_gid(&c->owner, st->st_gid))) return -1;
	if (fchmod(to, st->st_mode & 07777)) return -1;
	copy_xattrs(from, to);
	return futimens(to, (struct timespec[]){st->st_mtim, st->st_mtim});
}

static int copied_link(const struct copy *c, const struct stat *st)
{
	for (size_t i = 0; st->st_nlink > 1 && i < c->link_count; i++)
		if (c->links[i].dev == st->st_dev && c->links[i].ino == st->st_ino) return c->links[i].fd;
	return -1;
}

static void remember_link(struct copy *c, const struct stat *st, int to)
{
	if (st->st_nlink < 2) return;
	int fd = fcntl(to, F_DUPFD_CLOEXEC, 3);
	/* Without a descriptor left the next name becomes a copy of its own. */
	if (fd < 0) return;
	if (c->link_count == c->link_room) {
		c->link_room = c->link_room ? c->link_room * 2 : 16;
		c->links = xrealloc(c->links, c->link_room * sizeof *c->links);
	}
	c->links[c->link_count++] = (struct link){st->st_dev, st->st_ino, fd};
}

static int make_file(struct copy *c, int from, const char *name, int to, const char *temp)
{
	struct stat st;
	CLEANUP_CLOSE int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (in < 0 || fstat(in, &st)) return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = ESTALE;
		return -1;
	}
	int known = copied_link(c, &st);
	if (known >= 0) {
		char path[64];
		(void)snprintf(path, sizeof path, "/proc/self/fd/%d", known);
		return linkat(AT_FDCWD, path, to, temp, AT_SYMLINK_FOLLOW);
	}
	CLEANUP_CLOSE int out = openat(to, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0 || copy_bytes(in, out, st.st_size) || finish(c, in, out, &st)) return -1;
	remember_link(c, &st, out);
	return 0;
}

static int make_special(const struct copy *c, int from, const char *name, const struct stat *st, int to, const char *temp)
{
	if (S_ISLNK(st->st_mode)) {
		char target[PATH_MAX];
		ssize_t n = readlinkat(from, name, target, sizeof target - 1);
		if (n < 0) return -1;
		target[n] = 0;
		if (symlinkat(target, to, temp)) return -1;
	} else if (mknodat(to, temp, st->st_mode, st->st_rdev)) {
		return -1;
	}
	if (fchownat(to, temp, owner_uid(&c->owner, st->st_uid), owner_gid(&c->owner, st->st_gid), AT_SYMLINK_NOFOLLOW))
		return -1;
	return utimensat(to, temp, (struct timespec[]){st->st_mtim, st->st_mtim}, AT_SYMLINK_NOFOLLOW);
}

/* Everything but directories: made beside its name, then renamed over what is there. */
static int leaf(struct copy *c, int from, const char *name, const struct stat *st, int to, const char *new_name, struct err *e)
{
	char temp[64];
	struct stat there;
	if (S_ISSOCK(st->st_mode)) return 0;
	if (!fstatat(to, new_name, &there, AT_SYMLINK_NOFOLLOW) && S_ISDIR(there.st_mode))
		return fail_with(e, EISDIR, "copy", "%s", new_name);
	(void)snprintf(temp, sizeof temp, ".tsrun-copy-%d-%lu", (int)getpid(), c->temp++);
	int result = S_ISREG(st->st_mode) ? make_file(c, from, name, to, temp) : make_special(c, from, name, st, to, temp);
	if (!result) result = renameat(to, temp, to, new_name);
	if (!result) {
		/* Two names of one inode: the rename did nothing. */
		(void)unlinkat(to, temp, 0);
		return 0;
	}
	(void)fail(e, "copy", "%s", new_name);
	(void)unlinkat(to, temp, 0);
	return -1;
}

static int children(struct copy *c, int from, int to, struct err *e)
{
	int list = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = list < 0 ? NULL : fdopendir(list);
	if (!directory) {
		if (list >= 0) (void)close(list);
		return fail(e, "copy", "list");
	}
	int result = 0;
	for (struct dirent *d; !result && (d = readdir(directory));)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
			result = entry(c, from, d->d_name, to, d->d_name, e);
	(void)closedir(directory);
	return result;
}

static int directory(struct copy *c, int from, const char *name, int to, const char *new_name, struct err *e)
{
	struct stat st, there;
	CLEANUP_CLOSE int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || fstat(in, &st)) return fail(e, "copy", "%s", name);
	if (mkdirat(to, new_name, 0700) && errno != EEXIST) return fail(e, "copy", "%s", new_name);
	CLEANUP_CLOSE int out = openat(to, new_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0 || fstat(out, &there)) return fail_with(e, ENOTDIR, "copy", "%s", new_name);
	if (!c->made_ino) {
		c->made_dev = there.st_dev;
		c->made_ino = there.st_ino;
	}
	if (children(c, in, out, e)) return -1;
	return finish(c, in, out, &st) ? fail(e, "copy", "%s", new_name) : 0;
}

static int entry(struct copy *c, int from, const char *name, int to, const char *new_name, struct err *e)
{
	struct stat st;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW)) {
		/* Removed since it was listed. */
		return errno == ENOENT && c->made_ino ? 0 : fail(e, "copy", "%s", name);
	}
	if (!S_ISDIR(st.st_mode)) return leaf(c, from, name, &st, to, new_name, e);
	if (c->made_ino && st.st_dev == c->made_dev && st.st_ino == c->made_ino) return 0;
	return directory(c, from, name, to, new_name, e);
}

int copy_contents(int from, int to, struct err *e)
{
	struct copy c = {.owner = {.kind = OWNER_KEEP}};
	struct stat st, made;
	CLEANUP_CLOSE int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (out < 0 || fstat(from, &st) || fstat(out, &made)) return fail(e, "copy", "directory");
	c.made_dev = made.st_dev;
	c.made_ino = made.st_ino;
	int result = children(&c, from, out, e);
	if (!result && fchown(out, st.st_uid, st.st_gid)) result = fail(e, "copy", "owner");
	for (size_t i = 0; i < c.link_count; i++) (void)close(c.links[i].fd);
	free(c.links);
	return result;
}

static bool is_component(const char *name) { return *name && !strchr(name, '/') && strcmp(name, "..") != 0; }

int fsops_copy(char *const args[5], struct err *e)
{
	struct copy c = {0};
	struct rlimit files;
	if (!is_component(args[1]) || !is_component(args[3]) || owner_parse(&c.owner, args[4]))
		return fail_with(e, EINVAL, "copy", "arguments");
	/* Two descriptors per level, and one per file with several names. */
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	(void)umask(0);
	CLEANUP_CLOSE int from = open(args[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0) return fail(e, "copy", "%s", args[0]);
	CLEANUP_CLOSE int to = open(args[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0) return fail(e, "copy", "%s", args[2]);
	int result = owner_become(&c.owner) ? fail(e, "copy", "owner") : 0;
	if (!result) result = entry(&c, from, args[1], to, args[3], e);
	for (size_t i = 0; i < c.link_count; i++) (void)close(c.links[i].fd);
	free(c.links);
	owner_free(&c.owner);
	return result;
}
