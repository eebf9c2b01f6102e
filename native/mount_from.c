/*
 * A mount of another container, for a namespace that shares it (/dev/shm with the IPC namespace). Only from inside its mount
 * namespace may it be cloned, and there the path cannot lead out of that container either.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "aside.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

struct visit {
	int ns, fd, number;
	const char *path;
};

/* Entering changes root and working directory for good. */
static void clone_inside(void *memory)
{
	struct visit *visit = memory;
	visit->fd = setns(visit->ns, CLONE_NEWNS) ? -1 : sys_open_tree(AT_FDCWD, visit->path, OPEN_TREE_CLONE);
	visit->number = errno;
}

int mount_from_namespace(const char *ns_path, const char *path)
{
	CLEANUP_CLOSE int ns = open(ns_path, O_RDONLY | O_CLOEXEC);
	if (ns < 0) return -1;
	struct visit *visit = aside_memory(sizeof *visit);
	*visit = (struct visit){.ns = ns, .fd = -1, .path = path};
	int fd = aside_run(clone_inside, visit) ? -1 : visit->fd;
	int number = fd < 0 && visit->number ? visit->number : errno;
	aside_free(visit, sizeof *visit);
	errno = number;
	return fd;
}
