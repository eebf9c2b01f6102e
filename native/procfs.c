/*
 * Writes to /proc go to a detached mount of our own: whatever is mounted over or linked into the container's /proc,
 * they reach the file that was meant.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "setup.h"
#include "sys.h"
#include "util.h"

/* Where the pid namespace does not belong to our user namespace there can be no new one; the host's, still our root, is as good. */
static int clone_hosts(struct setup *s)
{
	s->procfs = sys_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE | AT_RECURSIVE);
	return s->procfs < 0 ? -1 : 0;
}

int procfs_open(struct setup *s, struct err *e)
{
	if (s->procfs >= 0) return 0;
	CLEANUP_CLOSE int fs = sys_fsopen("proc");
	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) {
		if (errno == EPERM && s->in_userns && !clone_hosts(s)) return 0;
		return fail(e, "proc", "private mount");
	}
	s->procfs = sys_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return s->procfs < 0 ? fail(e, "proc", "private mount") : 0;
}

int procfs_write(struct setup *s, const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = sys_openat2(s->procfs, path, O_WRONLY,
					   RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
	if (fd < 0) return -1;
	size_t size = strlen(text);
	return write(fd, text, size) == (ssize_t)size ? 0 : -1;
}

int sysctls_write(struct setup *s, struct err *e)
{
	const struct request *r = s->request;
	if (r->sysctl_count && procfs_open(s, e)) return -1;
	for (size_t i = 0; i < r->sysctl_count; i++) {
		char path[256];
		int length = snprintf(path, sizeof path, "sys/%s", r->sysctls[i].key);
		if (length < 0 || (size_t)length >= sizeof path)
			return fail_with(e, ENAMETOOLONG, "sysctl", "%.200s", r->sysctls[i].key);
		if (procfs_write(s, path, r->sysctls[i].value)) return fail(e, "sysctl", "%s", r->sysctls[i].key);
	}
	return 0;
}
