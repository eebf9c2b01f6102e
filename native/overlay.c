/* The overlay root: any number of layers through the new mount API; option strings for kernels before 6.8. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "setup.h"
#include "sys.h"
#include "overlay_layers.h"
#include "overlay_options.h"
#include "util.h"

static int set(int fs, const char *key, const char *value) { return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

static int set_behaviour(int fs, const struct request_root *r, struct err *e)
{
	/* A layer is read by others than this kernel: nothing that only overlayfs understands may get into it. */
	if (set(fs, "redirect_dir", "nofollow") || set(fs, "metacopy", "off") || set(fs, "index", "off"))
		return fail(e, "root", "overlay options");
	if (r->upper && r->overlay_volatile && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0))
		return fail(e, "root", "volatile");
	return 0;
}

/* The mounted root through mount(2), which attaches it over the first lower directory. */
static int mount_old(const struct request_root *r, int stubs, struct err *e)
{
	char options[4096];
	struct overlay_text text = {.common = "/"};
	if (overlay_options(r, stubs, &text, options, sizeof options, e)) return -1;
	if (chdir(text.common)) return fail(e, "root", "%s", text.common);
	if (mount("overlay", r->lower.items[0], "overlay", 0, options)) return fail(e, "root", "overlay");
	CLEANUP_CLOSE int fd = open(r->lower.items[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Away from there: another overlay may have the same lower directory. */
	if (fd < 0 || sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "overlay");
	return steal_fd(&fd);
}

static int without_new_api(const struct request_root *r, int stubs, int userns, struct err *e)
{
	if (userns >= 0) return fail_with(e, EOPNOTSUPP, "idmap", "layers, before Linux 6.8");
	if (r->image_count) return fail_with(e, EOPNOTSUPP, "image", "layers, before Linux 6.8");
	return mount_old(r, stubs, e);
}

int overlay_mount(const struct request_root *r, int stubs, int userns, struct err *e)
{
	CLEANUP_CLOSE int fs = sys_fsopen("overlay");
	if (fs < 0) return fail(e, "root", "overlay");
	if (overlay_takes_anything(fs)) return without_new_api(r, stubs, userns, e);
	if (set(fs, "source", "overlay")) return fail(e, "root", "overlay source");
	if (overlay_set_layers(fs, r, stubs, userns, e)) {
		if (e->number == EINVAL && !strncmp(e->arg, "lowerdir", 8) && !overlay_has_lowerdir_plus())
			return without_new_api(r, stubs, userns, e);
		return -1;
	}
	if (set_behaviour(fs, r, e)) return -1;
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return fail(e, "root", "overlay");
	CLEANUP_CLOSE int fd = sys_fsmount(fs, 0);
	if (fd < 0) return fail(e, "root", "fsmount");
	/* Over "/": the process's root stays what it is, so host paths can still be resolved until pivot_root. */
	if (sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "attach");
	return steal_fd(&fd);
}
