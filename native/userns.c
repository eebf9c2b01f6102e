#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

static const char *path_of(const struct request *r)
{
	for (size_t i = 0; i < COUNT(namespace_types); i++)
		if (namespace_types[i].flag == CLONE_NEWUSER) return r->namespace_path[i];
	return NULL;
}

bool userns_wanted(const struct request *r) { return r->namespaces & CLONE_NEWUSER || path_of(r); }

uint32_t userns_outside(const struct request_map *maps, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (id >= maps[i].inside && id - maps[i].inside < maps[i].count) return maps[i].outside + (id - maps[i].inside);
	return UINT32_MAX;
}

static int write_map(pid_t pid, const char *file, const struct request_map *maps, size_t count, struct err *e)
{
	char path[64], text[4096];
	size_t size = 0;
	for (size_t i = 0; i < count && size < sizeof text; i++) {
		int n = snprintf(text + size, sizeof text - size, "%u %u %u\n", maps[i].inside, maps[i].outside, maps[i].count);
		size += n > 0 ? (size_t)n : 0;
	}
	if (size >= sizeof text) return fail_with(e, E2BIG, "user", "%s", file);
	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
	return write_text_at(AT_FDCWD, path, text) ? fail(e, "user", "%s", file) : 0;
}

static int open_of(const struct request *r, pid_t pid, struct err *e)
{
	char path[64];
	if (write_map(pid, "uid_map", r->uid_maps, r->uid_map_count, e)) return -1;
	if (write_map(pid, "gid_map", r->gid_maps, r->gid_map_count, e)) return -1;
	(void)snprintf(path, sizeof path, "/proc/%d/ns/user", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail(e, "user", "%s", path) : fd;
}

/* The namespace is made with a process that does nothing; the descriptor keeps it when that is gone. */
static int make(const struct request *r, struct err *e)
{
	struct clone_args args = {.flags = CLONE_NEWUSER};
	pid_t pid = sys_clone3(&args);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL)) _exit(1);
		for (;;) (void)pause();
	}
	if (pid < 0) return fail(e, "namespaces", "user");
	int fd = open_of(r, pid, e);
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR) {}
	return fd;
}

int userns_open(const struct request *r, struct err *e)
{
	const char *path = path_of(r);
	if (!path) return make(r, e);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? fail(e, "namespaces", "user %s", path) : fd;
}
