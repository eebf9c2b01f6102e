/*
 * Mount points that an image lacks (/proc, /etc/hosts ...) lie in a lowest layer of their own: they show through where
 * the image has nothing, and never get into the upper directory, so never into a layer. In a root that is no overlay they are
 * made, and what that changes is noted in a file (inroot.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "inroot.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);
	return !strncmp(path, directory, length) && path[length] == '/';
}

/* True when an earlier mount covers the path, e.g. /dev/pts by /dev: it is made there. */
bool mount_is_covered(const struct request *r, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_below(r->mounts[index].target, r->mounts[i].target)) return true;
	return false;
}

static int open_directory(const char *stubs, struct err *e)
{
	/* Nothing to keep: a file system in memory. */
	if (!stubs) return memory_mount("tmpfs", e);
	if (mkdir(stubs, 0755) && errno != EEXIST) return fail(e, "stubs", "%s", stubs);
	int fd = open(stubs, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? fail(e, "stubs", "%s", stubs) : fd;
}

static int open_to_all(int directory)
{
	CLEANUP_CLOSE int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fchmod(fd, 01777) ? -1 : 0;
}

int stubs_note(struct setup *s, struct err *e)
{
	const char *notes = s->request->root.stubs;
	if (!notes) return 0;
	s->notes = open(notes, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return s->notes < 0 ? fail(e, "stubs", "%s", notes) : 0;
}

void stubs_settle(const struct setup *s)
{
	static const struct timespec tick = {.tv_nsec = 20000000};
	if (s->notes >= 0 && lseek(s->notes, 0, SEEK_CUR) > 0) (void)nanosleep(&tick, NULL);
}

int stubs_open(struct setup *s, struct err *e)
{
	const struct request *r = s->request;
	CLEANUP_CLOSE int root = open_directory(r->root.stubs, e);
	if (root < 0) return -1;
	for (size_t i = 0; i < r->mount_count; i++) {
		const struct request_mount *m = &r->mounts[i];
		struct inroot_made made = {.notes = -1};
		if (mount_is_covered(r, i)) continue;
		int fd = inroot_make(root, m->target, bind_is_directory(s, m), &made, e);
		if (fd < 0) return -1;
		/* Where nothing is covered, a file system in memory is open to all, as the kernel makes it (mounts.c). */
		bool memory = !(m->flags & MOUNT_BIND) && !strcmp(m->type, "tmpfs");
		int opened = made.any && memory ? open_to_all(fd) : 0;
		(void)close(fd);
		if (opened) return fail(e, "stubs", "%s", m->target);
	}
	return steal_fd(&root);
}
