/* The root: mounted over `/` of a private mount namespace, then made the only thing there is. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup.h"
#include "sys.h"
#include "util.h"

enum { PROPAGATION_PRIVATE = 1 << 18, PROPAGATION_SLAVE = 1 << 19, PROPAGATION_SHARED = 1 << 20, RECURSIVE = 1 << 14 };

/* Binds that follow the host's later mounts need the namespace to be a slave of it; all others are cut off. */
static unsigned long namespace_propagation(const struct request *request)
{
	if (request->root_propagation & (PROPAGATION_SLAVE | PROPAGATION_SHARED)) return PROPAGATION_SLAVE;
	for (size_t i = 0; i < request->mount_count; i++)
		if (request->mounts[i].propagation & (PROPAGATION_SLAVE | PROPAGATION_SHARED)) return PROPAGATION_SLAVE;
	return PROPAGATION_PRIVATE;
}

static int mount_root(struct setup *s, struct err *e)
{
	const struct request_root *root = &s->request->root;
	if (root->kind == ROOT_OVERLAY) {
		CLEANUP_CLOSE int stubs = stubs_open(s, e);
		return stubs < 0 ? -1 : overlay_mount(root, stubs, s->userns, e);
	}
	if (stubs_note(s, e)) return -1;
	CLEANUP_CLOSE int fd = sys_open_tree(AT_FDCWD, root->source, OPEN_TREE_CLONE | AT_RECURSIVE);
	if (fd < 0) return fail(e, "root", "%s", root->source);
	if (s->userns >= 0 && mount_translate(fd, s->userns, root->source, e)) return -1;
	if (sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "attach");
	return steal_fd(&fd);
}

/*
 * Sources of binds that are to take part in the host's propagation in both directions are cloned while this namespace still
 * does: afterwards a clone would only follow.
 */
static int clone_shared(struct setup *s, struct err *e)
{
	const struct request *r = s->request;
	s->shared = xcalloc(r->mount_count + 1, sizeof *s->shared);
	for (size_t i = 0; i < r->mount_count; i++) {
		const struct request_mount *m = &r->mounts[i];
		s->shared[i] = -1;
		if (!(m->propagation & PROPAGATION_SHARED) || !(m->flags & MOUNT_BIND) || m->tree) continue;
		unsigned all = m->flags & MOUNT_RECURSIVE ? AT_RECURSIVE : 0;
		s->shared[i] = sys_open_tree(AT_FDCWD, m->source, OPEN_TREE_CLONE | all);
		if (s->shared[i] < 0) return fail(e, "mount", "source %s", m->source);
	}
	return 0;
}

int rootfs_cut_off(const struct request *request, struct err *e)
{
	if (!mount(NULL, "/", NULL, RECURSIVE | namespace_propagation(request), NULL)) return 0;
	return fail(e, "root", "mount propagation");
}

int rootfs_mount(struct setup *s, struct err *e)
{
	if (clone_shared(s, e) || rootfs_cut_off(s->request, e)) return -1;
	/* Trees first: what is attached over the container's root would stay with it after the pivot. */
	if (trees_mount(s, e)) return -1;
	s->root = mount_root(s, e);
	return s->root < 0 ? -1 : 0;
}

/*
 * Detaches the working directory, the host's root, which is mounted over ours by now. Whatever is mounted over it (trees) is
 * in front of it for umount2(2), so it goes on until the kernel calls the working directory unreachable.
 */
static int detach_old(struct err *e)
{
	char where[PATH_MAX];
	for (int tries = 0; tries < 2 * TREES_MAX + 16; tries++) {
		if (umount2(".", MNT_DETACH)) return fail(e, "root", "detach the host's root");
		if (syscall(SYS_getcwd, where, sizeof where) < 0 || where[0] != '/') return 0;
	}
	return fail_with(e, ELOOP, "root", "detach the host's root");
}

int rootfs_finish(struct setup *s, struct err *e)
{
	if (s->request->root_readonly || (s->request->root.kind == ROOT_OVERLAY && !s->request->root.upper)) {
		struct mount_attr readonly = {.attr_set = MOUNT_ATTR_RDONLY};
		if (sys_mount_setattr(s->root, "", AT_EMPTY_PATH, &readonly)) return fail(e, "root", "read-only");
	}
	CLEANUP_CLOSE int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0) return fail(e, "root", "/");
	/* pivot_root(2), NOTES: with "." twice the old root is stacked on the new one and no directory is needed. */
	if (fchdir(s->root) || sys_pivot_root(".", ".") || fchdir(old)) return fail(e, "root", "pivot_root");
	if (detach_old(e)) return -1;
	if (chdir("/")) return fail(e, "root", "chdir /");
	if (s->request->root_propagation && mount(NULL, "/", NULL, s->request->root_propagation, NULL))
		return fail(e, "root", "propagation");
	return 0;
}
