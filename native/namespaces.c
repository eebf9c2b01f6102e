/* Namespaces that are joined by path or by process; new ones are made by clone3 (container.c). */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup.h"
#include "util.h"

static int enter_path(const struct namespace_type *type, const char *path, struct err *e)
{
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	/* The type is checked by the kernel: a path that is another kind of namespace fails with EINVAL. */
	if (fd < 0 || setns(fd, (int)type->flag)) return fail(e, "namespaces", "%s %s", type->name, path);
	return 0;
}

/* All but user namespaces and `except`. */
static int enter_all(const struct request *r, uint64_t except, struct err *e)
{
	for (size_t i = 0; i < COUNT(namespace_types); i++) {
		const struct namespace_type *type = &namespace_types[i];
		const char *path = type->flag == CLONE_NEWNET && r->network.kind == NETWORK_PATH ? r->network.path
												 : r->namespace_path[i];
		if (!path || type->flag & (CLONE_NEWUSER | except)) continue;
		if (type->flag == CLONE_NEWNS) return fail_with(e, EOPNOTSUPP, "namespaces", "%s by path", type->name);
		if (enter_path(type, path, e)) return -1;
	}
	return 0;
}

int namespaces_enter_paths(const struct request *r, struct err *e) { return enter_all(r, 0, e); }

int namespaces_enter(struct setup *s, bool entered, struct err *e)
{
	const struct request *r = s->request;
	/* pid was joined by the starter: it only takes effect for children. */
	if (!entered && enter_all(r, CLONE_NEWPID, e)) return -1;
	/* Only now: its root is the cgroup of the caller, and that was set by the starter in the meantime. */
	if (r->namespaces & CLONE_NEWCGROUP && unshare(CLONE_NEWCGROUP)) return fail(e, "namespaces", "cgroup");
	return 0;
}

static bool differs(const char *file, pid_t pid)
{
	char ours[64], theirs[64];
	struct stat a, b;
	(void)snprintf(ours, sizeof ours, "/proc/self/ns/%s", file);
	(void)snprintf(theirs, sizeof theirs, "/proc/%d/ns/%s", (int)pid, file);
	return !stat(ours, &a) && !stat(theirs, &b) && (a.st_ino != b.st_ino || a.st_dev != b.st_dev);
}

int namespaces_join(pid_t pid, int pidfd, struct err *e)
{
	/* The names of the files in /proc/PID/ns, in the order of namespace_types. */
	static const char *const files[] = {"user", "mnt", "pid", "ipc", "uts", "net", "cgroup", "time"};
	uint64_t flags = 0;
	char path[64];
	/* Joining a mount namespace leads to its own root, which is not the container's when that was made inside a chroot. */
	(void)snprintf(path, sizeof path, "/proc/%d/root", (int)pid);
	CLEANUP_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0) return fail(e, "join", "%s", path);
	for (size_t i = 0; i < COUNT(files); i++)
		/* Joining one's own user namespace is an error, so what is shared is left out. */
		if (differs(files[i], pid)) flags |= namespace_types[i].flag;
	if (flags && setns(pidfd, (int)flags)) return fail(e, "join", "namespaces of process %d", (int)pid);
	if (fchdir(root) || chroot(".")) return fail(e, "join", "root of process %d", (int)pid);
	if (flags & CLONE_NEWUSER && (setgroups(0, NULL) || setresgid(0, 0, 0) || setresuid(0, 0, 0)))
		return fail(e, "join", "root of the user namespace");
	return 0;
}

int hostname_set(const struct request *r, struct err *e)
{
	if (!(r->namespaces & CLONE_NEWUTS)) return 0;
	if (r->hostname && sethostname(r->hostname, strlen(r->hostname))) return fail(e, "hostname", "%s", r->hostname);
	if (r->domainname && setdomainname(r->domainname, strlen(r->domainname)))
		return fail(e, "hostname", "domain %s", r->domainname);
	return 0;
}
