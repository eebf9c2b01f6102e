#include "aside.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

void *aside_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	/* Out of memory, which xmalloc has the words for. */
	if (memory == MAP_FAILED) return xmalloc(SIZE_MAX);
	return memory;
}

void aside_free(void *memory, size_t size)
{
	if (memory) (void)munmap(memory, size);
}

int aside_run(void (*work)(void *), void *memory)
{
	/* A process that it clones with CLONE_PARENT says its own end in the same way. */
	struct clone_args args = {.flags = CLONE_FILES | CLONE_VFORK, .exit_signal = SIGCHLD};
	int status = 0;
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		if (!prctl(PR_SET_PDEATHSIG, SIGKILL)) work(memory);
		_exit(0);
	}
	if (pid < 0) return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR) return -1;
	if (WIFEXITED(status)) return 0;
	errno = ECHILD;
	return -1;
}
