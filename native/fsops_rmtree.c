/*
 * fsops rmtree: stdin has paths of the host, each ended by NUL. Removes each with all below it; what does not exist is
 * done. No symlink is followed and no mount point entered. The first failure is reported after the others were tried.
 */
#include "fsops.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Without CAP_DAC_OVERRIDE the owner's own bits stand in the way. */
static void make_accessible(const char *name)
{
	char link[64];
	CLEANUP_CLOSE int fd = open(name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	(void)chmod(link, 0700);
}

static int enter(struct walk *walk, const char *name, struct err *e)
{
	if (geteuid() != 0) make_accessible(name);
	return walk_enter(walk, name, e);
}

/* Empties the directory that the walk has entered last and leaves it. */
static int empty(struct walk *walk, struct err *e)
{
	size_t floor = walk->depth - 1;
	while (walk->depth > floor) {
		struct frame *top = &walk->frames[walk->depth - 1];
		if (top->next == top->names.count) {
			if (walk_leave(walk, e)) return -1;
			if (walk->depth == floor) break;
			top = &walk->frames[walk->depth - 1];
			const char *done = names_get(&top->names, top->next - 1);
			if (rmdir(done)) return fail(e, "rmdir", "%s", done);
			continue;
		}
		size_t i = top->next++;
		const char *name = names_get(&top->names, i);
		unsigned char type = names_type(&top->names, i);
		if (type != DT_DIR && (!unlink(name) || errno == ENOENT)) continue;
		if (type != DT_DIR && errno != EISDIR) return fail(e, "unlink", "%s", name);
		if (enter(walk, name, e)) return -1;
	}
	return 0;
}

static int open_parent(const char *path, const char *slash)
{
	CLEANUP_FREE char *parent = xasprintf("%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
	return open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int remove_tree(const char *path, struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..")) return fail_with(e, EINVAL, "rmtree", "%s", path);
	CLEANUP_CLOSE int parent = open_parent(path, slash);
	if (parent < 0) return errno == ENOENT ? 0 : fail(e, "rmtree", "%s", path);
	if (fchdir(parent)) return fail(e, "rmtree", "%s", path);
	if (!unlink(name) || errno == ENOENT) return 0;
	if (errno != EISDIR && errno != EPERM) return fail(e, "unlink", "%s", path);
	struct walk walk = {0};
	int result = enter(&walk, name, e);
	if (!result) result = empty(&walk, e);
	walk_free(&walk);
	if (result) return result;
	if (fchdir(parent) || rmdir(name)) return fail(e, "rmdir", "%s", path);
	return 0;
}

/* Two processes may empty the same trash: what has gone meanwhile is done, so whoever stumbles over that begins again. */
int fsops_remove(const char *path, struct err *e)
{
	for (int attempt = 0;; attempt++) {
		struct err found = {0};
		if (!remove_tree(path, &found)) return 0;
		bool again = attempt < 1000 && (found.number == ENOENT || found.number == ESTALE);
		if (again) continue;
		*e = found;
		return -1;
	}
}

int fsops_rmtree(struct err *e)
{
	struct bytes input = {0};
	struct err later;
	int result = 0;
	if (bytes_read_stdin(&input)) {
		result = fail(e, "read", "stdin");
	} else if (input.used && input.data[input.used - 1]) {
		result = fail_with(e, EINVAL, "read", "stdin");
	} else {
		for (const char *path = input.data; path < input.data + input.used; path += strlen(path) + 1)
			if (fsops_remove(path, result ? &later : e)) result = -1;
	}
	free(input.data);
	return result;
}
