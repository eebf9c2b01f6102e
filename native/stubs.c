/*
 * Mount points that an image lacks (/proc, /etc/hosts ...) lie in a lowest layer of their own: they show through where
 * the image has nothing, and never get into the upper directory, so never into a layer.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "inroot.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return !strncmp(path, directory, length) && path[length] == '/';
}

/* True when an earlier mount covers the path, e.g. /dev/pts by /dev: it is made there. */
bool mount_is_covered(const struct request *r, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_below(r->mounts[index].target, r->mounts[i].target)) return true;
	return false;
}

static int open_directory(const struct request *r, struct err *e)
{
	if (r->stubs) {
		if (mkdir(r->stubs, 0755) && errno != EEXIST) return fail(e, "stubs", "%s", r->stubs);
		int fd = open(r->stubs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? fail(e, "stubs", "%s", r->stubs) : fd;
	}
	/* Nothing to keep: a file system in memory, attached where only this namespace sees it (overlay wants it attached). */
	CLEANUP_CLOSE int fs = sys_fsopen("tmpfs");
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "755", 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fail(e, "stubs", "tmpfs");
	CLEANUP_CLOSE int fd = sys_fsmount(fs, 0);
	if (fd < 0 || sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "stubs", "tmpfs");
	return steal_fd(&fd);
}

int stubs_open(const struct request *r, struct err *e)
{
	CLEANUP_CLOSE int root = open_directory(r, e);
	if (root < 0) return -1;
	for (size_t i = 0; i < r->mount_count; i++) {
		const struct request_mount *m = &r->mounts[i];
		struct stat st;
		bool made, directory = true;
		if (mount_is_covered(r, i)) continue;
		if (m->flags & MOUNT_BIND && !stat(m->source, &st)) directory = S_ISDIR(st.st_mode);
		int fd = inroot_make(root, m->target, directory, &made, e);
		if (fd < 0) return -1;
		(void)close(fd);
	}
	return steal_fd(&root);
}
