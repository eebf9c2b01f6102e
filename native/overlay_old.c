/* The overlay through mount(2), for kernels whose overlay knows no `lowerdir+` (before 6.8). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/mount.h>

#include "overlay_layers.h"
#include "overlay_options.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

/* Layers with translated ids, which have no other name than that of their descriptors. */
struct named {
	struct request_root root;
	int *fds;
	char **names;
	size_t count;
};

static const char *name_of(struct named *n, int fd, const char *below)
{
	n->fds = xrealloc(n->fds, (n->count + 1) * sizeof *n->fds);
	n->names = xrealloc(n->names, (n->count + 2) * sizeof *n->names);
	n->fds[n->count] = fd;
	n->names[n->count] = xasprintf("/proc/self/fd/%d%s%s", fd, *below ? "/" : "", below);
	return n->names[n->count++];
}

static int name_upper(struct named *n, const struct request_root *r, int userns, struct err *e)
{
	char common[PATH_MAX];
	size_t length = overlay_common_parent(r, common, sizeof common);
	int fd = overlay_translate(AT_FDCWD, common, userns, e);
	if (fd < 0) return -1;
	n->root.upper = name_of(n, fd, r->upper + length);
	int again = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (again < 0) return fail(e, "root", "descriptor");
	n->root.work = name_of(n, again, r->work + length);
	return 0;
}

static int name_all(struct named *n, const struct request_root *r, int *stubs, int userns, struct err *e)
{
	n->root.overlay_volatile = r->overlay_volatile;
	for (size_t i = 0; i < r->lower.count; i++) {
		int fd = overlay_translate(AT_FDCWD, r->lower.items[i], userns, e);
		if (fd < 0) return -1;
		strings_add(&n->root.lower, name_of(n, fd, ""));
	}
	if (*stubs >= 0) {
		*stubs = overlay_translate(*stubs, "", userns, e);
		if (*stubs < 0) return -1;
		(void)name_of(n, *stubs, "");
	}
	return r->upper ? name_upper(n, r, userns, e) : 0;
}

static void forget(struct named *n)
{
	for (size_t i = 0; i < n->count; i++) {
		(void)close(n->fds[i]);
		free(n->names[i]);
	}
	free(n->fds);
	free(n->names);
	free(n->root.lower.items);
}

/* Mounted over `place`, the first lower directory, and moved away: another overlay may have the same. */
static int mount_over(const char *place, const struct request_root *r, int stubs, struct err *e)
{
	char options[4096];
	struct overlay_text text = {.common = "/"};
	if (overlay_options(r, stubs, &text, options, sizeof options, e)) return -1;
	if (chdir(text.common)) return fail(e, "root", "%s", text.common);
	if (mount("overlay", place, "overlay", 0, options)) return fail(e, "root", "overlay");
	CLEANUP_CLOSE int fd = open(place, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "overlay");
	return steal_fd(&fd);
}

int overlay_mount_old(const struct request_root *r, int stubs, int userns, struct err *e)
{
	if (r->image_count) return fail_with(e, EOPNOTSUPP, "image", "layers, before Linux 6.8");
	if (userns < 0) return mount_over(r->lower.items[0], r, stubs, e);
	struct named named = {0};
	int result = name_all(&named, r, &stubs, userns, e);
	if (!result) result = mount_over(r->lower.items[0], &named.root, stubs, e);
	forget(&named);
	return result;
}
