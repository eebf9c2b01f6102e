/* /sys/fs/cgroup: the container's own cgroups, read-only unless the request has it otherwise (privileged ones). */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "setup.h"
#include "sys.h"
#include "util.h"

#define INERT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

static bool is_cgroup2(const char *path)
{
	struct statfs fs;
	return !statfs(path, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static int make_file_system(const char *type, const char *mode, unsigned attributes)
{
	CLEANUP_CLOSE int fs = sys_fsopen(type);
	if (fs < 0 || (mode && sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0)) ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		return -1;
	return sys_fsmount(fs, attributes);
}

/* /sys/fs/cgroup/NAME/... is shown as NAME. */
static int bind_hierarchy(const struct request_mount *m, int target, const char *directory, struct err *e)
{
	static const char prefix[] = "/sys/fs/cgroup/";
	char name[64];
	if (strncmp(directory, prefix, sizeof prefix - 1) != 0) return 0;
	const char *rest = directory + sizeof prefix - 1;
	(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(rest, "/"), rest);
	if (mkdirat(target, name, 0755) && errno != EEXIST) return fail(e, "mount", "cgroup %s", name);
	CLEANUP_CLOSE int fd = sys_open_tree(AT_FDCWD, directory, OPEN_TREE_CLONE);
	struct mount_attr attributes = {.attr_set = INERT | (m->attr_set & MOUNT_ATTR_RDONLY)};
	if (fd < 0 || sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attributes) ||
	    sys_move_mount(fd, "", target, name, MOVE_MOUNT_F_EMPTY_PATH))
		return fail(e, "mount", "cgroup %s", directory);
	return 0;
}

int cgroup_mount(struct setup *s, const struct request_mount *m, int target, struct err *e)
{
	const struct strings *cgroups = &s->request->cgroups;
	if (is_cgroup2("/sys/fs/cgroup")) {
		CLEANUP_CLOSE int fd = make_file_system("cgroup2", NULL, (unsigned)m->attr_set);
		if (fd >= 0) return mount_attach(fd, target) ? fail(e, "mount", "%s", m->target) : 0;
	}
	CLEANUP_CLOSE int fd = make_file_system("tmpfs", "755", INERT);
	if (fd < 0 || mount_attach(fd, target)) return fail(e, "mount", "%s", m->target);
	for (size_t i = 0; i < cgroups->count; i++)
		if (bind_hierarchy(m, fd, cgroups->items[i], e)) return -1;
	struct mount_attr attributes = {.attr_set = m->attr_set};
	if (sys_mount_setattr(fd, "", AT_EMPTY_PATH, &attributes)) return fail(e, "mount", "options of %s", m->target);
	return 0;
}
