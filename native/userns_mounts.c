#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "aside.h"
#include "fsids.h"
#include "sys.h"
#include "util.h"

struct work {
	const struct request *request;
	int userns, root;
	bool failed;
	struct err err;
	int sources[];
};

/* An overlay writes with the ids of who mounts it, and into a mount with translated ids. */
static int become_root_of(const struct request *r, struct err *e)
{
	uint32_t uid = userns_outside(r->uid_maps, r->uid_map_count, 0), gid = userns_outside(r->gid_maps, r->gid_map_count, 0);
	if (uid == UINT32_MAX || gid == UINT32_MAX) return fail_with(e, EINVAL, "user", "no root in the user namespace");
	return fsids_take(uid, gid) ? fail(e, "user", "capabilities") : 0;
}

int mount_translate(int mount, int userns, const char *what, struct err *e)
{
	struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (unsigned)userns};
	return sys_mount_setattr(mount, "", AT_EMPTY_PATH, &attributes) ? fail(e, "idmap", "%s", what) : 0;
}

static int open_source(struct setup *s, const struct request_mount *m, struct err *e)
{
	CLEANUP_CLOSE int fd = mount_source(s, m, e);
	if (fd < 0 || (m->flags & MOUNT_IDMAP && mount_translate(fd, s->userns, m->source, e))) return -1;
	return steal_fd(&fd);
}

static int open_all(struct setup *s, struct work *work, struct err *e)
{
	const struct request *r = s->request;
	if (unshare(CLONE_NEWNS)) return fail(e, "namespaces", "mount");
	if (r->translate_root && become_root_of(r, e)) return -1;
	if (rootfs_mount(s, e)) return -1;
	work->root = sys_open_tree(s->root, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
	if (work->root < 0) return fail(e, "root", "clone");
	for (size_t i = 0; i < r->mount_count; i++)
		if (r->mounts[i].flags & MOUNT_BIND && (work->sources[i] = open_source(s, &r->mounts[i], e)) < 0) return -1;
	return 0;
}

static void run(void *memory)
{
	struct work *work = memory;
	struct setup s = {.request = work->request,
			  .channel = -1,
			  .root = -1,
			  .procfs = -1,
			  .terminal = -1,
			  .gate = {-1, -1},
			  .notes = -1,
			  .userns = work->request->translate_root ? work->userns : -1};
	for (size_t i = 0; i < TREES_MAX; i++) s.trees[i] = -1;
	work->failed = open_all(&s, work, &work->err) != 0;
	/* The table of descriptors is shared: nothing may stay but what was asked for. */
	if (s.root >= 0) (void)close(s.root);
	if (s.notes >= 0) (void)close(s.notes);
	for (size_t i = 0; i < work->request->tree_count; i++)
		if (s.trees[i] >= 0) (void)close(s.trees[i]);
	for (size_t i = 0; s.shared && i < work->request->mount_count; i++)
		if (s.shared[i] >= 0) (void)close(s.shared[i]);
}

int outside_mounts_make(const struct request *r, int userns, struct outside_mounts *out, struct err *e)
{
	size_t size = sizeof(struct work) + r->mount_count * sizeof(int);
	struct work *work = aside_memory(size);
	*work = (struct work){.request = r, .userns = userns, .root = -1};
	for (size_t i = 0; i < r->mount_count; i++) work->sources[i] = -1;
	int ran = aside_run(run, work);
	out->root = work->root;
	out->count = r->mount_count;
	out->sources = xcalloc(r->mount_count + 1, sizeof *out->sources);
	memcpy(out->sources, work->sources, r->mount_count * sizeof *out->sources);
	int result = ran ? fail(e, "root", "process that mounts") : 0;
	if (!ran && work->failed) {
		*e = work->err;
		result = -1;
	}
	aside_free(work, size);
	if (result) outside_mounts_close(out);
	return result;
}

void outside_mounts_close(struct outside_mounts *mounts)
{
	if (mounts->root >= 0) (void)close(mounts->root);
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->sources[i] >= 0) (void)close(mounts->sources[i]);
	free(mounts->sources);
	*mounts = (struct outside_mounts){.root = -1};
}

int outside_mounts_take(struct setup *s, const struct outside_mounts *mounts, struct err *e)
{
	s->root = mounts->root;
	s->shared = mounts->sources;
	if (sys_move_mount(s->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "attach");
	return 0;
}
