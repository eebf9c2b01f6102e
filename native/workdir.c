#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "setup.h"

/* Makes the directory and those above it. We are inside the container's root by now: nothing on the way leads out of it. */
static int make_path(const char *path)
{
	char part[PATH_MAX];
	size_t length = strlen(path);
	if (length >= sizeof part) return errno = ENAMETOOLONG, -1;
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0') continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0755) && errno != EEXIST) return -1;
	}
	return 0;
}

int workdir_enter(const char *path, bool make, struct err *e)
{
	char where[PATH_MAX];
	if (chdir(path) && (errno != ENOENT || !make || make_path(path) || chdir(path)))
		return fail(e, "cwd", "%s", path);
	/* A leaked descriptor under /proc/self/fd may lead out of the root (CVE-2024-21626): the kernel says "(unreachable)". */
	if (syscall(SYS_getcwd, where, sizeof where) < 0 || where[0] != '/')
		return fail_with(e, ENOENT, "cwd", "%s: outside of the root", path);
	return 0;
}
