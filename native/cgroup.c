#include "cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
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
static unsigned long read_oom_kills(int directory, const char *file)
{
	char text[1024];
	if (read_text_at(directory, file, text, sizeof text) <= 0) return 0;
	const char *found = strstr(text, "oom_kill ");
	return found ? strtoul(found + 9, NULL, 10) : 0;
}

unsigned long cgroup_oom_kills(const struct request *request)
{
	unsigned long kills = 0;
	for (size_t i = 0; i < request->cgroups.count; i++) {
		CLEANUP_CLOSE int fd = open_cgroup(request->cgroups.items[i]);
		if (fd >= 0) kills += read_oom_kills(fd, "memory.events") + read_oom_kills(fd, "memory.oom_control");
	}
	return kills;
}

bool cgroup_oom_killed(const struct request *request) { return cgroup_oom_kills(request) > 0; }

/* Read from its own files: a probe into cgroups that stand still would stand still as well. */
bool cgroup_frozen(const struct request *request)
{
	char text[64];
	for (size_t i = 0; i < request->cgroups.count; i++) {
		CLEANUP_CLOSE int fd = open_cgroup(request->cgroups.items[i]);
		if (fd < 0) continue;
		if (read_text_at(fd, "freezer.state", text, sizeof text) > 0 && strncmp(text, "THAWED", 6) != 0) return true;
		if (read_text_at(fd, "cgroup.freeze", text, sizeof text) > 0 && text[0] == '1') return true;
	}
	return false;
}

/* Kills what is there now; false when there was nothing. */
static bool kill_once(int fd)
{
	char text[65536], *at = text;
	if (read_text_at(fd, "cgroup.procs", text, sizeof text) <= 0) return false;
	for (char *end; *at; at = end + 1) {
		long pid = strtol(at, &end, 10);
		if (end == at) break;
		if (pid > 1) (void)kill((pid_t)pid, SIGKILL);
		if (!*end) break;
	}
	return true;
}

/* Calls `take` with a descriptor of every cgroup below, which the container made, and its name. */
static void each_child(int parent, void (*take)(int parent, int child, const char *name))
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
		if (child >= 0) take(parent, child, entry->d_name);
	}
	(void)closedir(directory);
}

/* v1 has no file for it: again and again, as they may fork in between. */
static void kill_tree(int parent, int fd, const char *name)
{
	(void)parent;
	(void)name;
	for (int round = 0; round < 100 && kill_once(fd); round++)
		(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	each_child(fd, kill_tree);
}

void cgroup_kill_members(const char *path)
{
	CLEANUP_CLOSE int fd = open_cgroup(path);
	if (fd >= 0 && write_text_at(fd, "cgroup.kill", "1")) kill_tree(-1, fd, path);
}

void cgroup_end(const struct request *request)
{
	if (request->namespaces & CLONE_NEWPID) return;
	for (size_t i = 0; i < request->cgroups.count; i++) cgroup_kill_members(request->cgroups.items[i]);
}

/* Depth is bounded by cgroup.max.depth and by PATH_MAX. */
static void remove_child(int parent, int child, const char *name)
{
	each_child(child, remove_child);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

static void remove_one(const char *path)
{
	/* A dead process leaves its cgroup a moment after it was reaped. */
	for (int tries = 0; tries < 500; tries++) {
		if (!rmdir(path) || errno == ENOENT) return;
		CLEANUP_CLOSE int fd = open_cgroup(path);
		if (fd < 0) return;
		if (tries % 10 == 1) each_child(fd, remove_child);
		(void)nanosleep(&(struct timespec){.tv_nsec = tries < 20 ? 100000 : 2000000}, NULL);
	}
}

/* Parents that --cgroup-parent made go when they are empty; `tsbuild` stays, as most containers want it again at once. */
static void remove_parents(const char *path)
{
	char parent[PATH_MAX];
	(void)snprintf(parent, sizeof parent, "%s", path);
	for (;;) {
		char *slash = strrchr(parent, '/');
		if (!slash || slash == parent) return;
		*slash = '\0';
		slash = strrchr(parent, '/');
		if (!slash || !strcmp(slash, "/tsbuild") || rmdir(parent)) return;
	}
}

void cgroup_remove(const struct request *request)
{
	for (size_t i = 0; i < request->cgroups.count; i++) {
		remove_one(request->cgroups.items[i]);
		remove_parents(request->cgroups.items[i]);
	}
}
