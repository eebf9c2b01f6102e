/* The overlay root: any number of layers through the new mount API; option strings for kernels before 6.8. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "setup.h"
#include "sys.h"
#include "overlay_options.h"
#include "util.h"

static int set(int fs, const char *key, const char *value) { return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

static int set_layers(int fs, const struct request_root *r, int stubs, struct err *e)
{
	for (size_t i = 0; i < r->lower.count; i++)
		if (set(fs, "lowerdir+", r->lower.items[i])) return fail(e, "root", "lowerdir %s", r->lower.items[i]);
	/* The stubs have no path that holds (they may be a detached tmpfs): they are named as the working directory. */
	if (stubs >= 0 && (fchdir(stubs) || set(fs, "lowerdir+", "."))) return fail(e, "root", "lowerdir of mount points");
	if (!r->upper) return 0;
	if (set(fs, "upperdir", r->upper)) return fail(e, "root", "upperdir %s", r->upper);
	if (set(fs, "workdir", r->work)) return fail(e, "root", "workdir %s", r->work);
	return 0;
}

static int set_behaviour(int fs, const struct request_root *r, bool own_userns, struct err *e)
{
	/* A layer is read by others than this kernel: nothing that only overlayfs understands may get into it. */
	if (set(fs, "redirect_dir", "nofollow") || set(fs, "metacopy", "off") || set(fs, "index", "off"))
		return fail(e, "root", "overlay options");
	if (r->upper && r->overlay_volatile && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0))
		return fail(e, "root", "volatile");
	if (own_userns && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0)) return fail(e, "root", "userxattr");
	return 0;
}

/* The mounted root through mount(2), which attaches it over the first lower directory. */
static int mount_old(const struct request_root *r, int stubs, bool own_userns, struct err *e)
{
	char options[4096];
	struct overlay_text text = {.common = "/"};
	if (overlay_options(r, stubs, own_userns, &text, options, sizeof options, e)) return -1;
	if (chdir(text.common)) return fail(e, "root", "%s", text.common);
	if (mount("overlay", r->lower.items[0], "overlay", 0, options)) return fail(e, "root", "overlay");
	CLEANUP_CLOSE int fd = open(r->lower.items[0], O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Away from there: another overlay may have the same lower directory. */
	if (fd < 0 || sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "overlay");
	return steal_fd(&fd);
}

int overlay_mount(const struct request_root *r, int stubs, bool own_userns, struct err *e)
{
	CLEANUP_CLOSE int fs = sys_fsopen("overlay");
	if (fs < 0) return fail(e, "root", "overlay");
	if (overlay_takes_anything(fs)) return mount_old(r, stubs, own_userns, e);
	if (set(fs, "source", "overlay")) return fail(e, "root", "overlay source");
	if (set_layers(fs, r, stubs, e)) {
		if (e->number == EINVAL && !strncmp(e->arg, "lowerdir", 8) && !overlay_has_lowerdir_plus())
			return mount_old(r, stubs, own_userns, e);
		return -1;
	}
	if (set_behaviour(fs, r, own_userns, e)) return -1;
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return fail(e, "root", "overlay");
	CLEANUP_CLOSE int fd = sys_fsmount(fs, 0);
	if (fd < 0) return fail(e, "root", "fsmount");
	/* Over "/": the process's root stays what it is, so host paths can still be resolved until pivot_root. */
	if (sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "attach");
	return steal_fd(&fd);
}
