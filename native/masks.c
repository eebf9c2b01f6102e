/* Masked paths (hidden behind /dev/null or an empty directory) and read-only paths. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "inroot.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

/* The container's null device, proven to be one: the image or a volume may have put something else there. */
static int clone_null(struct setup *s, struct err *e)
{
	CLEANUP_CLOSE int null = inroot_open(s->root, "/dev/null", 0);
	struct stat st;
	if (null < 0 || fstat(null, &st)) return fail(e, "mask", "/dev/null");
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
		return fail_with(e, EPERM, "mask", "/dev/null: no null device");
	int fd = sys_open_tree(null, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	return fd < 0 ? fail(e, "mask", "/dev/null") : fd;
}

/* An empty read-only directory: made once, later ones are copies of the mount. */
static int clone_empty(int *empty, struct err *e)
{
	if (*empty >= 0) {
		int copy = sys_open_tree(*empty, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
		return copy < 0 ? fail(e, "mask", "tmpfs") : copy;
	}
	CLEANUP_CLOSE int fs = sys_fsopen("tmpfs");
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "555", 0) ||
	    sys_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "2", 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fail(e, "mask", "tmpfs");
	*empty = sys_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (*empty < 0) return fail(e, "mask", "tmpfs");
	int copy = dup(*empty);
	return copy < 0 ? fail(e, "mask", "tmpfs") : copy;
}

static int mask(struct setup *s, const char *path, int *empty, struct err *e)
{
	CLEANUP_CLOSE int target = inroot_open(s->root, path, 0);
	struct stat st;
	if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : fail(e, "mask", "%s", path);
	if (fstat(target, &st)) return fail(e, "mask", "%s", path);
	CLEANUP_CLOSE int cover = S_ISDIR(st.st_mode) ? clone_empty(empty, e) : clone_null(s, e);
	if (cover < 0) return -1;
	return mount_attach(cover, target) ? fail(e, "mask", "%s", path) : 0;
}

static int make_readonly(struct setup *s, const char *path, struct err *e)
{
	CLEANUP_CLOSE int target = inroot_open(s->root, path, 0);
	if (target < 0) return errno == ENOENT || errno == ENOTDIR ? 0 : fail(e, "read-only", "%s", path);
	CLEANUP_CLOSE int copy = sys_open_tree(target, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
	struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
	if (copy < 0 || sys_mount_setattr(copy, "", AT_EMPTY_PATH | AT_RECURSIVE, &readonly) || mount_attach(copy, target))
		return fail(e, "read-only", "%s", path);
	return 0;
}

int masks_make(struct setup *s, struct err *e)
{
	const struct request *r = s->request;
	CLEANUP_CLOSE int empty = -1;
	/* Read-only first: a copy of a directory would bring the masked paths of it along, uncovered. */
	for (size_t i = 0; i < r->readonly.count; i++)
		if (make_readonly(s, r->readonly.items[i], e)) return -1;
	for (size_t i = 0; i < r->masked.count; i++)
		if (mask(s, r->masked.items[i], &empty, e)) return -1;
	return 0;
}
