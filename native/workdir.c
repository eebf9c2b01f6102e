#include <errno.h>
#include <limits.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup.h"

int workdir_enter(const char *path, struct err *e)
{
	char where[PATH_MAX];
	if (chdir(path)) return fail(e, "cwd", "%s", path);
	/* A leaked descriptor under /proc/self/fd may lead out of the root (CVE-2024-21626): the kernel says "(unreachable)". */
	if (syscall(SYS_getcwd, where, sizeof where) < 0 || where[0] != '/')
		return fail_with(e, ENOENT, "cwd", "%s: outside of the root", path);
	return 0;
}
