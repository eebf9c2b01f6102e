/*
 * Trees that bind mounts take their source from. Each is attached over `/` of the private mount namespace before the
 * container's root is: paths of the host resolve as before, nobody outside sees them, and they go with the host's root.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "setup.h"
#include "sys.h"
#include "util.h"

int memory_mount(const char *type, struct err *e)
{
	CLEANUP_CLOSE int fs = sys_fsopen(type);
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "755", 0) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return fail(e, "tree", "%s", type);
	CLEANUP_CLOSE int fd = sys_fsmount(fs, 0);
	if (fd < 0 || sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "tree", "%s", type);
	return steal_fd(&fd);
}

static int make_file(int directory, const struct request_file *f)
{
	CLEANUP_CLOSE int fd = openat(directory, f->name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || write_all(fd, f->bytes, f->size)) return -1;
	/* chown clears set-id bits, so the mode comes last. */
	return fchown(fd, f->uid, f->gid) || fchmod(fd, f->mode & 07777) ? -1 : 0;
}

/* ramfs: what is in it is never swapped out, so never on a disk. */
static int mount_memory(const struct request_root *tree, struct err *e)
{
	CLEANUP_CLOSE int fd = memory_mount("ramfs", e);
	if (fd < 0) return -1;
	for (size_t i = 0; i < tree->file_count; i++)
		if (make_file(fd, &tree->files[i])) return fail(e, "tree", "file %s", tree->files[i].name);
	return steal_fd(&fd);
}

static int mount_overlay(const struct request_root *tree, int userns, struct err *e)
{
	/* Overlay wants two layers when nothing can be written. */
	bool single = !tree->upper && tree->lower.count == 1;
	CLEANUP_CLOSE int empty = single ? memory_mount("tmpfs", e) : -1;
	return single && empty < 0 ? -1 : overlay_mount(tree, empty, userns, e);
}

static int mount_tree(struct setup *s, const struct request_root *tree, struct err *e)
{
	if (tree->kind == ROOT_MEMORY) return mount_memory(tree, e);
	if (tree->kind == ROOT_OVERLAY) return mount_overlay(tree, s->userns, e);
	int fd = open(tree->source, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail(e, "tree", "%s", tree->source) : fd;
}

int trees_mount(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->request->tree_count; i++) {
		s->trees[i] = mount_tree(s, &s->request->trees[i], e);
		if (s->trees[i] < 0) return -1;
	}
	return 0;
}
