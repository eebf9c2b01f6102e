/* The mounts of the request, in its order: made detached, then attached by descriptor to a target inside the root. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "channel.h"
#include "inroot.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

int mount_attach(int mount, int target)
{
	return sys_move_mount(mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

bool bind_is_directory(struct setup *s, const struct request_mount *m)
{
	struct stat st;
	if (!(m->flags & MOUNT_BIND) || !strcmp(m->type, "namespace")) return true;
	if (!m->tree) return stat(m->source, &st) || S_ISDIR(st.st_mode);
	CLEANUP_CLOSE int fd = inroot_open(s->trees[m->tree - 1], m->source, 0);
	return fd < 0 || fstat(fd, &st) || S_ISDIR(st.st_mode);
}

static int clone_source(struct setup *s, const struct request_mount *m)
{
	int *shared = &s->shared[m - s->request->mounts];
	if (*shared >= 0) return steal_fd(shared);
	/* The source is a mount namespace: what is mounted at the target there. */
	if (!strcmp(m->type, "namespace")) return mount_from_namespace(m->source, m->target);
	unsigned flags = OPEN_TREE_CLONE | (m->flags & MOUNT_RECURSIVE ? AT_RECURSIVE : 0);
	if (!m->tree) return sys_open_tree(AT_FDCWD, m->source, flags);
	CLEANUP_CLOSE int source = inroot_open(s->trees[m->tree - 1], m->source, 0);
	return source < 0 ? -1 : sys_open_tree(source, "", flags | AT_EMPTY_PATH);
}

int mount_source(struct setup *s, const struct request_mount *m, struct err *e)
{
	int fd = clone_source(s, m);
	return fd < 0 ? fail(e, "mount", "source %s", m->source) : fd;
}

static int open_bind(struct setup *s, const struct request_mount *m, struct err *e)
{
	CLEANUP_CLOSE int fd = mount_source(s, m, e);
	if (fd < 0) return -1;
	struct mount_attr attributes = {.attr_set = m->attr_set, .attr_clr = m->attr_clear};
	unsigned all = m->flags & MOUNT_ATTR_ALL ? AT_RECURSIVE : 0;
	if ((attributes.attr_set | attributes.attr_clr) &&
	    sys_mount_setattr(fd, "", AT_EMPTY_PATH | all, &attributes))
		return fail(e, "mount", "options of %s", m->target);
	return steal_fd(&fd);
}

/* `mode` is given as an option besides, unless it is NULL. */
static int open_file_system(const struct request_mount *m, const char *mode, struct err *e)
{
	CLEANUP_CLOSE int fs = sys_fsopen(m->type);
	if (fs < 0) return fail(e, "mount", "%s of type %s", m->target, m->type);
	if (*m->source && sys_fsconfig(fs, FSCONFIG_SET_STRING, "source", m->source, 0))
		return fail(e, "mount", "source %s", m->source);
	for (size_t i = 0; i < m->options.count; i++) {
		char key[64];
		const char *option = m->options.items[i], *equals = strchr(option, '=');
		(void)snprintf(key, sizeof key, "%.*s", equals ? (int)(equals - option) : 63, option);
		if (sys_fsconfig(fs, equals ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, equals ? equals + 1 : NULL, 0))
			return fail(e, "mount", "%s: option %s", m->target, option);
	}
	if (mode && sys_fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0)) return fail(e, "mount", "%s: mode", m->target);
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return fail(e, "mount", "%s", m->target);
	int fd = sys_fsmount(fs, (unsigned)m->attr_set);
	return fd < 0 ? fail(e, "mount", "%s", m->target) : fd;
}

static int open_target(struct setup *s, const struct request_mount *m, int mount, bool *any, struct err *e)
{
	struct stat st;
	bool covered = mount_is_covered(s->request, (size_t)(m - s->request->mounts));
	struct inroot_made made = {.notes = covered ? -1 : s->notes};
	if (mount >= 0 && fstat(mount, &st)) return fail(e, "mount", "%s", m->target);
	int target = inroot_make(s->root, m->target, mount < 0 || S_ISDIR(st.st_mode), &made, e);
	if (target < 0) return -1;
	*any = made.any;
	/* What is noted may stay. */
	if (made.any && !covered && s->notes < 0) {
		struct message stub = {.kind = MESSAGE_STUB};
		(void)snprintf(stub.err.arg, sizeof stub.err.arg, "%s", m->target);
		(void)channel_send(s->channel, &stub, -1);
	}
	return target;
}

/* /proc and /sys are what later steps and the program trust most: an image may not point them elsewhere. */
static int refuse_symlink(struct setup *s, const struct request_mount *m, struct err *e)
{
	if (strcmp(m->type, "proc") != 0 && strcmp(m->type, "sysfs") != 0) return 0;
	CLEANUP_CLOSE int fd = inroot_open_plain(s->root, m->target, O_DIRECTORY);
	return fd < 0 ? fail(e, "mount-point", "%s", m->target) : 0;
}

static bool has_mode(const struct request_mount *m)
{
	for (size_t i = 0; i < m->options.count; i++)
		if (!strncmp(m->options.items[i], "mode=", 5)) return true;
	return false;
}

/* A file system in memory has the mode of the directory that it covers unless another was asked for: /run stays as it is. */
static int make_memory(struct setup *s, const struct request_mount *m, int *fd, int *target, struct err *e)
{
	struct stat st;
	bool made;
	char mode[8];
	*target = open_target(s, m, -1, &made, e);
	if (*target < 0) return -1;
	if (fstat(*target, &st)) return fail(e, "mount", "%s", m->target);
	(void)snprintf(mode, sizeof mode, "%o", st.st_mode & 07777);
	*fd = open_file_system(m, made || has_mode(m) ? NULL : mode, e);
	return *fd < 0 ? -1 : 0;
}

static int make_one(struct setup *s, const struct request_mount *m, struct err *e)
{
	bool made, bind = m->flags & MOUNT_BIND, cgroup = !strcmp(m->type, "cgroup") || !strcmp(m->type, "cgroup2");
	CLEANUP_CLOSE int fd = -1;
	CLEANUP_CLOSE int target = -1;
	if (!bind && !strcmp(m->type, "tmpfs")) {
		if (make_memory(s, m, &fd, &target, e)) return -1;
	} else {
		if (!cgroup) fd = bind ? open_bind(s, m, e) : open_file_system(m, NULL, e);
		if (!cgroup && fd < 0) return -1;
		target = open_target(s, m, fd, &made, e);
	}
	if (target < 0 || refuse_symlink(s, m, e)) return -1;
	if (cgroup) return cgroup_mount(s, m, target, e);
	/* `tmpcopyup`: what the image has there shows in the new file system. */
	if (m->flags & MOUNT_COPY_UP && copy_contents(target, fd, e)) return fail(e, "mount", "copy up %s", m->target);
	if (mount_attach(fd, target)) return fail(e, "mount", "%s", m->target);
	if (m->propagation) {
		/* 1 << 14 is MS_REC. */
		struct mount_attr attributes = {.propagation = m->propagation & ~(1ull << 14)};
		unsigned all = m->propagation & (1u << 14) ? AT_RECURSIVE : 0;
		if (sys_mount_setattr(fd, "", AT_EMPTY_PATH | all, &attributes))
			return fail(e, "mount", "propagation of %s", m->target);
	}
	return 0;
}

int mounts_make(struct setup *s, struct err *e)
{
	for (size_t i = 0; i < s->request->mount_count; i++)
		if (make_one(s, &s->request->mounts[i], e)) return -1;
	return 0;
}
