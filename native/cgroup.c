#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>

int cgroup_clone_target(const struct request *request)
{
	struct statfs fs;
	if (request->cgroups.count != 1) return -1;
	CLEANUP_CLOSE int fd = open(request->cgroups.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC) return -1;
	return steal_fd(&fd);
}

static int open_cgroup(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int cgroup_join(const struct request *request, pid_t pid, struct err *e)
{
	char text[32];
	(void)snprintf(text, sizeof text, "%d", (int)pid);
	for (size_t i = 0; i < request->cgroups.count; i++) {
		const char *path = request->cgroups.items[i];
		CLEANUP_CLOSE int fd = open_cgroup(path);
		if (fd < 0 || write_text_at(fd, "cgroup.procs", text)) return fail(e, "cgroup", "%s", path);
	}
	return 0;
}

/* memory.events on v2 and memory.oom_control on v1 both have a line "oom_kill N". */
static bool has_oom_kill(int directory, const char *file)
{
	char text[1024];
	if (read_text_at(directory, file, text, sizeof text) <= 0) return false;
	const char *found = strstr(text, "oom_kill ");
	return found && strtoul(found + 9, NULL, 10) > 0;
}

bool cgroup_oom_killed(const struct request *request)
{
	for (size_t i = 0; i < request->cgroups.count; i++) {
		CLEANUP_CLOSE int fd = open_cgroup(request->cgroups.items[i]);
		if (fd >= 0 && (has_oom_kill(fd, "memory.events") || has_oom_kill(fd, "memory.oom_control"))) return true;
	}
	return false;
}

/* cgroups below, made by the container. Depth is bounded by cgroup.max.depth and by PATH_MAX. */
static void remove_children(int parent)
{
	int copy = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = copy < 0 ? NULL : fdopendir(copy);
	if (!directory) {
		if (copy >= 0) (void)close(copy);
		return;
	}
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
		CLEANUP_CLOSE int child = openat(parent, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child >= 0) remove_children(child);
		(void)unlinkat(parent, entry->d_name, AT_REMOVEDIR);
	}
	(void)closedir(directory);
}

static void remove_one(const char *path)
{
	/* A dead process leaves its cgroup a moment after it was reaped. */
	for (int tries = 0; tries < 500; tries++) {
		if (!rmdir(path) || errno == ENOENT) return;
		CLEANUP_CLOSE int fd = open_cgroup(path);
		if (fd < 0) return;
		if (tries % 10 == 1) remove_children(fd);
		(void)nanosleep(&(struct timespec){.tv_nsec = tries < 20 ? 100000 : 2000000}, NULL);
	}
}

void cgroup_remove(const struct request *request)
{
	for (size_t i = 0; i < request->cgroups.count; i++) remove_one(request->cgroups.items[i]);
}
