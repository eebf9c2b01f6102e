/*
 * A mount point of another container, cloned: /dev/shm of those that share their IPC. Only from inside its mount namespace
 * may it be cloned, and there the path cannot lead out of that container either.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "setup.h"
#include "sys.h"
#include "util.h"

/* Entering changes root and working directory for good, so a child does it; the descriptor table is shared with it. */
static _Noreturn void clone_inside(int ns, const char *path, int *out)
{
	if (setns(ns, CLONE_NEWNS)) _exit(errno);
	int fd = sys_open_tree(AT_FDCWD, path, OPEN_TREE_CLONE);
	if (fd < 0) _exit(errno);
	*out = fd;
	_exit(0);
}

int mount_from_namespace(const char *ns_path, const char *path)
{
	CLEANUP_CLOSE int ns = open(ns_path, O_RDONLY | O_CLOEXEC);
	if (ns < 0) return -1;
	int *out = mmap(NULL, sizeof *out, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (out == MAP_FAILED) return -1;
	*out = -1;
	struct clone_args args = {.flags = CLONE_FILES | CLONE_VFORK, .exit_signal = SIGCHLD};
	pid_t pid = sys_clone3(&args);
	if (pid == 0) clone_inside(ns, path, out);
	int status = 0;
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
	int fd = pid < 0 ? -1 : *out;
	(void)munmap(out, sizeof *out);
	if (fd < 0 && pid > 0) errno = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EIO;
	return fd;
}
