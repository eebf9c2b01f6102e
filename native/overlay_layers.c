#include "overlay_layers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "fold.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

static int set(int fs, const char *key, const char *value) { return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

/* What has no path that holds (a detached tmpfs, a translated clone) is named as the working directory. */
static int set_here(int fs, const char *key, int directory) { return fchdir(directory) || set(fs, key, ".") ? -1 : 0; }

/* Older kernels take no detached mounts as layers. */
static int attach(int mount, const char *path, struct err *e)
{
	if (!sys_move_mount(mount, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return 0;
	return fail(e, "root", "attach %s", path);
}

int overlay_translate(int directory, const char *path, int userns, struct err *e)
{
	CLEANUP_CLOSE int fd = sys_open_tree(directory, path, OPEN_TREE_CLONE | (*path ? 0 : AT_EMPTY_PATH));
	if (fd < 0) return fail(e, "root", "layer %s", path);
	if (mount_translate(fd, userns, *path ? path : "mount points", e) || attach(fd, path, e)) return -1;
	return steal_fd(&fd);
}

/* userns < 0: ids as in the image. */
static int add_image(int fs, const struct request_root *r, const struct request_image *image, int userns, struct err *e)
{
	const char *path = r->lower.items[image->lower];
	if ((userns >= 0 && mount_translate(image->mount, userns, path, e)) || attach(image->mount, path, e)) return -1;
	return set_here(fs, "lowerdir+", image->mount) ? fail(e, "root", "lowerdir %s", path) : 0;
}

static int add_translated(int fs, int directory, const char *path, int userns, struct err *e)
{
	CLEANUP_CLOSE int fd = overlay_translate(directory, path, userns, e);
	if (fd < 0) return -1;
	return set_here(fs, "lowerdir+", fd) ? fail(e, "root", "lowerdir %s", path) : 0;
}

size_t overlay_common_parent(const struct request_root *r, char *path, size_t size)
{
	size_t length = 0;
	for (size_t same = 0; r->upper[same] && r->upper[same] == r->work[same]; same++)
		if (r->upper[same] == '/') length = same + 1;
	(void)snprintf(path, size, "%.*s", (int)length, r->upper);
	return length;
}

/* Both have to be in one mount: that of the directory which holds them both. */
static int set_upper_translated(int fs, const struct request_root *r, int userns, struct err *e)
{
	char common[PATH_MAX];
	size_t length = overlay_common_parent(r, common, sizeof common);
	CLEANUP_CLOSE int fd = overlay_translate(AT_FDCWD, common, userns, e);
	if (fd < 0) return -1;
	if (fchdir(fd) || set(fs, "upperdir", r->upper + length)) return fail(e, "root", "upperdir %s", r->upper);
	return set(fs, "workdir", r->work + length) ? fail(e, "root", "workdir %s", r->work) : 0;
}

/* The lower layers from the one with this number to the one before `end`, topmost first. */
static int add_lower(int fs, const struct request_root *r, size_t from, size_t end, int userns, struct err *e)
{
	size_t next = 0;
	while (next < r->image_count && r->images[next].lower < from) next++;
	for (size_t i = from; i < end; i++) {
		const char *path = r->lower.items[i];
		if (next < r->image_count && r->images[next].lower == i) {
			if (add_image(fs, r, &r->images[next++], userns, e)) return -1;
		} else if (userns >= 0) {
			if (add_translated(fs, AT_FDCWD, path, userns, e)) return -1;
		} else if (set(fs, "lowerdir+", path)) {
			return fail(e, "root", "lowerdir %s", path);
		}
	}
	return 0;
}

/* The directory of mount points is the lowest of all. */
static int add_stubs(int fs, int stubs, int userns, struct err *e)
{
	if (stubs < 0) return 0;
	if (userns >= 0) return add_translated(fs, stubs, "", userns, e);
	return set_here(fs, "lowerdir+", stubs) ? fail(e, "root", "lowerdir of mount points") : 0;
}

/*
 * The kernel takes 500 lower layers (OVL_MAX_STACK). Where there are more, those at the bottom are an overlay of their own, which
 * is one layer: below it is nothing that their whiteouts could have to hide.
 */
enum { MOST_LAYERS = 500, BOTTOM_LAYERS = MOST_LAYERS - 1, MOST_IN_ALL = MOST_LAYERS - 1 + BOTTOM_LAYERS };

static int add_bottom(int fs, const struct request_root *r, size_t from, int stubs, int userns, struct err *e)
{
	CLEANUP_CLOSE int bottom = sys_fsopen("overlay");
	if (bottom < 0 || set(bottom, "source", "overlay")) return fail(e, "root", "overlay of the lowest layers");
	if (add_lower(bottom, r, from, r->lower.count, userns, e) || add_stubs(bottom, stubs, userns, e)) return -1;
	if (overlay_set_behaviour(bottom, e)) return -1;
	if (sys_fsconfig(bottom, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return fail(e, "root", "overlay of the lowest layers");
	CLEANUP_CLOSE int fd = sys_fsmount(bottom, 0);
	if (fd < 0) return fail(e, "root", "fsmount");
	if (attach(fd, "lowest layers", e)) return -1;
	return set_here(fs, "lowerdir+", fd) ? fail(e, "root", "lowerdir of the lowest layers") : 0;
}

static int add_kept(int fs, const struct request_root *r, struct err *e)
{
	if (!r->fold) return fail_with(e, EINVAL, "request", "no layers are kept");
	return set_here(fs, "lowerdir+", r->fold->mount) ? fail(e, "root", "lowerdir of kept layers") : 0;
}

static int add_all(int fs, const struct request_root *r, int stubs, int userns, struct err *e)
{
	const size_t count = r->lower.count;
	/* Where there is nothing to write to, an overlay has to have two layers. */
	if (r->nested) return add_bottom(fs, r, 0, stubs, userns, e) || add_stubs(fs, stubs, userns, e) ? -1 : 0;
	if (r->fold || r->on_kept)
		return add_lower(fs, r, 0, count, userns, e) || add_kept(fs, r, e) || add_stubs(fs, stubs, userns, e) ? -1 : 0;
	if (count + (stubs >= 0) <= MOST_LAYERS)
		return add_lower(fs, r, 0, count, userns, e) || add_stubs(fs, stubs, userns, e) ? -1 : 0;
	/* A third overlay below these two would be one too many (FILESYSTEM_MAX_STACK_DEPTH). */
	if (count > MOST_IN_ALL) return fail_with(e, E2BIG, "root", "%zu layers, of which the kernel takes %d", count, MOST_IN_ALL);
	const size_t from = count - BOTTOM_LAYERS;
	return add_lower(fs, r, 0, from, userns, e) || add_bottom(fs, r, from, stubs, userns, e) ? -1 : 0;
}

int overlay_set_behaviour(int fs, struct err *e)
{
	/* A layer is read by others than this kernel: nothing that only overlayfs understands may get into it. */
	if (set(fs, "redirect_dir", "nofollow") || set(fs, "metacopy", "off") || set(fs, "index", "off"))
		return fail(e, "root", "overlay options");
	return 0;
}

int overlay_set_layers(int fs, const struct request_root *r, int stubs, int userns, struct err *e)
{
	if (add_all(fs, r, stubs, userns, e)) return -1;
	if (!r->upper) return 0;
	if (userns >= 0) return set_upper_translated(fs, r, userns, e);
	if (set(fs, "upperdir", r->upper)) return fail(e, "root", "upperdir %s", r->upper);
	if (set(fs, "workdir", r->work)) return fail(e, "root", "workdir %s", r->work);
	return 0;
}
