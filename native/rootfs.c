/* The root: mounted over `/` of a private mount namespace, then made the only thing there is. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "setup.h"
#include "sys.h"
#include "util.h"

enum { PROPAGATION_PRIVATE = 1 << 18, PROPAGATION_SLAVE = 1 << 19, PROPAGATION_SHARED = 1 << 20, RECURSIVE = 1 << 14 };

/* Binds that follow the host's later mounts need the namespace to be a slave of it; all others are cut off. */
static unsigned long namespace_propagation(const struct request *request)
{
	for (size_t i = 0; i < request->mount_count; i++)
		if (request->mounts[i].propagation & (PROPAGATION_SLAVE | PROPAGATION_SHARED)) return PROPAGATION_SLAVE;
	return PROPAGATION_PRIVATE;
}

static int mount_root(const struct request *request, bool own_userns, struct err *e)
{
	if (request->root == ROOT_OVERLAY) {
		CLEANUP_CLOSE int stubs = stubs_open(request, e);
		return stubs < 0 ? -1 : overlay_mount(request, stubs, own_userns, e);
	}
	CLEANUP_CLOSE int fd = sys_open_tree(AT_FDCWD, request->root_source, OPEN_TREE_CLONE | AT_RECURSIVE);
	if (fd < 0) return fail(e, "root", "%s", request->root_source);
	if (sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "attach");
	return steal_fd(&fd);
}

int rootfs_mount(struct setup *s, struct err *e)
{
	if (mount(NULL, "/", NULL, RECURSIVE | namespace_propagation(s->request), NULL))
		return fail(e, "root", "mount propagation");
	s->root = mount_root(s->request, s->own_userns, e);
	return s->root < 0 ? -1 : 0;
}

int rootfs_finish(struct setup *s, struct err *e)
{
	if (s->request->root_readonly || (s->request->root == ROOT_OVERLAY && !s->request->upper)) {
		struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
		if (sys_mount_setattr(s->root, "", AT_EMPTY_PATH, &readonly)) return fail(e, "root", "read-only");
	}
	CLEANUP_CLOSE int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0) return fail(e, "root", "/");
	/* pivot_root(2), NOTES: with "." twice the old root is stacked on the new one and no directory is needed. */
	if (fchdir(s->root) || sys_pivot_root(".", ".") || fchdir(old)) return fail(e, "root", "pivot_root");
	if (umount2(".", MNT_DETACH)) return fail(e, "root", "detach the host's root");
	if (chdir("/")) return fail(e, "root", "chdir /");
	return 0;
}
