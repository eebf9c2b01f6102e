#include "fold.h"

#include <errno.h>
#include <sys/stat.h>

#include "images.h"
#include "sys.h"
#include "util.h"

static int set(int fs, const char *key, const char *value) { return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

static int set_here(int fs, const char *key, int directory) { return fchdir(directory) || set(fs, key, ".") ? -1 : 0; }

static int add_layers(int fs, const struct request_root *root)
{
	size_t next = 0;
	for (size_t i = 0; i < root->lower.count; i++) {
		bool image = next < root->image_count && root->images[next].lower == i;
		if (image ? set_here(fs, "lowerdir+", root->images[next++].mount) : set(fs, "lowerdir+", root->lower.items[i]))
			return -1;
	}
	return 0;
}

/* Empty, and never written to: an overlay that can be written to is one that has an identity. */
static int set_upper(int fs, const char *directory)
{
	CLEANUP_FREE char *upper = xasprintf("%s/fs", directory);
	CLEANUP_FREE char *work = xasprintf("%s/work", directory);
	if (mkdir(upper, 0755) || mkdir(work, 0700) || set(fs, "upperdir", upper) || set(fs, "workdir", work)) return -1;
	return sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0);
}

/*
 * With an identity and with handles of its files, by which the overlay above finds out where a file that was copied up comes from,
 * and says the same number of it as before. Numbers of files of several file systems are kept apart: above they are of one device.
 */
static int mount_layers(const struct request_root *root, const char *directory)
{
	CLEANUP_CLOSE int fs = sys_fsopen("overlay");
	if (fs < 0 || set(fs, "source", "overlay") || set(fs, "redirect_dir", "nofollow") || set(fs, "metacopy", "off")) return -1;
	if (set(fs, "index", "on") || set(fs, "nfs_export", "on") || set(fs, "uuid", "on")) return -1;
	if ((root->image_count && set(fs, "xino", "on")) || add_layers(fs, root) || set_upper(fs, directory)) return -1;
	return sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) ? -1 : sys_fsmount(fs, MOUNT_ATTR_RDONLY);
}

/* Kernels before 6.15 take no detached mount as a layer, and none takes more than two overlays on one another. */
static bool can_be_layer(int mount, const char *other)
{
	CLEANUP_CLOSE int fs = sys_fsopen("overlay");
	return fs >= 0 && !set(fs, "lowerdir+", other) && !set_here(fs, "lowerdir+", mount) &&
	       !sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* Of `root` its lowest layers; the list of images is the caller's to free. */
static struct request_root lowest_of(const struct request_root *root, size_t count)
{
	size_t from = root->lower.count - count;
	struct request_root lowest = {.kind = root->kind, .lower = {root->lower.items + from, count}};
	lowest.images = xcalloc(root->image_count + 1, sizeof *lowest.images);
	for (size_t i = 0; i < root->image_count; i++) {
		if (root->images[i].lower < from) continue;
		lowest.images[lowest.image_count] = root->images[i];
		lowest.images[lowest.image_count++].lower -= from;
	}
	return lowest;
}

/* What cannot be had leaves nothing kept: the layers are there one by one. */
static void keep(struct fold *fold, const struct request_root *root)
{
	struct err e;
	struct request lowest = {.root = lowest_of(root, root->keep)};
	if (!images_mount(&lowest, &e)) fold->mount = mount_layers(&lowest.root, root->keep_in);
	images_release(&lowest);
	free(lowest.root.images);
	if (fold->mount >= 0 && !can_be_layer(fold->mount, root->upper)) fold_drop(fold);
	(void)!chdir("/");
}

int fold_prepare(struct fold *fold, const struct request_root *root, struct err *e)
{
	if (root->on_kept && (root->keep || fold->mount < 0)) return fail_with(e, EINVAL, "request", "no layers are kept");
	if (root->on_kept) return 1;
	if (!root->keep) return 0;
	fold_drop(fold);
	if (root->kind == ROOT_OVERLAY && root->upper && root->keep < root->lower.count) keep(fold, root);
	return fold->mount >= 0;
}

void fold_apply(struct request_root *root, const struct fold *fold)
{
	root->lower.count -= root->keep;
	while (root->image_count && root->images[root->image_count - 1].lower >= root->lower.count) root->image_count--;
	root->fold = fold;
}

void fold_drop(struct fold *fold)
{
	if (fold->mount >= 0) (void)close(fold->mount);
	fold->mount = -1;
}
