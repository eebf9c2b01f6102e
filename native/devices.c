/* Below /dev: the six nodes every container has, the links, those of the request, the console. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "inroot.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

static mode_t type_bits(char type) { return type == 'b' ? S_IFBLK : type == 'p' ? S_IFIFO : S_IFCHR; }

/* In a user namespace nodes cannot be made: the host's node is bound, once it is known to be the right one. */
static int bind_node(int directory, const char *name, const struct request_device *d)
{
	CLEANUP_CLOSE int source = sys_open_tree(AT_FDCWD, d->path, OPEN_TREE_CLONE);
	struct stat st;
	if (source < 0 || fstat(source, &st)) return -1;
	if ((st.st_mode & S_IFMT) != type_bits(d->type) || st.st_rdev != makedev(d->major, d->minor)) {
		errno = ENXIO;
		return -1;
	}
	CLEANUP_CLOSE int file = openat(directory, name, O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (file < 0) return -1;
	return sys_move_mount(source, "", directory, name, MOVE_MOUNT_F_EMPTY_PATH);
}

static int make_node(int directory, const char *name, const struct request_device *d)
{
	if (mknodat(directory, name, type_bits(d->type) | (d->mode & 07777), makedev(d->major, d->minor))) {
		if (errno == EEXIST) return 0;
		return errno == EPERM && d->type != 'p' ? bind_node(directory, name, d) : -1;
	}
	if (d->uid || d->gid) return fchownat(directory, name, d->uid, d->gid, AT_SYMLINK_NOFOLLOW);
	return 0;
}

static int make_device(struct setup *s, const struct request_device *d, struct err *e)
{
	char parent[256];
	struct inroot_made made = {.notes = s->notes};
	const char *name = strrchr(d->path, '/');
	if (!name || !name[1] || (size_t)(name - d->path) >= sizeof parent)
		return fail_with(e, EINVAL, "device", "%.200s", d->path);
	(void)snprintf(parent, sizeof parent, "/%.*s", (int)(name - d->path), d->path);
	CLEANUP_CLOSE int directory = inroot_make(s->root, parent, true, &made, e);
	if (directory < 0) return -1;
	return make_node(directory, name + 1, d) ? fail(e, "device", "%s", d->path) : 0;
}

static int make_links(int dev, struct err *e)
{
	static const struct {
		const char *name, *target;
	} links[] = {
		{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
		{"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"},         {"core", "/proc/kcore"},
	};
	for (size_t i = 0; i < COUNT(links); i++) {
		/* Not every kernel has it. */
		if (!strcmp(links[i].name, "core") && access(links[i].target, F_OK)) continue;
		if (symlinkat(links[i].target, dev, links[i].name) && errno != EEXIST)
			return fail(e, "device", "/dev/%s", links[i].name);
	}
	return 0;
}

/* Only where /dev is ours: the image's own directory, or one of the host, is left as it is. */
static bool has_own_dev(const struct request *r)
{
	for (size_t i = 0; i < r->mount_count; i++)
		if (!strcmp(r->mounts[i].target, "/dev") && !strcmp(r->mounts[i].type, "tmpfs")) return true;
	return false;
}

static int make_console(struct setup *s, int dev, struct err *e)
{
	CLEANUP_CLOSE int file = openat(dev, "console", O_CREAT | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0620);
	CLEANUP_CLOSE int target = openat(dev, "console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0 || target < 0) return fail(e, "device", "/dev/console");
	return terminal_bind_console(s, target, e);
}

int devices_make(struct setup *s, struct err *e)
{
	static const struct request_device standard[] = {
		{"/dev/null", 'c', 1, 3, 0666, 0, 0},   {"/dev/zero", 'c', 1, 5, 0666, 0, 0},
		{"/dev/full", 'c', 1, 7, 0666, 0, 0},   {"/dev/random", 'c', 1, 8, 0666, 0, 0},
		{"/dev/urandom", 'c', 1, 9, 0666, 0, 0}, {"/dev/tty", 'c', 5, 0, 0666, 0, 0},
	};
	for (size_t i = 0; i < s->request->device_count; i++)
		if (make_device(s, &s->request->devices[i], e)) return -1;
	if (!has_own_dev(s->request)) return 0;
	CLEANUP_CLOSE int dev = inroot_open(s->root, "/dev", O_DIRECTORY);
	if (dev < 0) return fail(e, "device", "/dev");
	for (size_t i = 0; i < COUNT(standard); i++)
		if (make_node(dev, standard[i].path + 5, &standard[i])) return fail(e, "device", "%s", standard[i].path);
	if (make_links(dev, e)) return -1;
	return s->terminal >= 0 ? make_console(s, dev, e) : 0;
}
