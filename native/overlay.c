/* The overlay root: up to 998 layers through the new mount API; option strings for kernels before 6.8. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "setup.h"
#include "sys.h"
#include "overlay_layers.h"
#include "overlay_options.h"
#include "util.h"

static int set(int fs, const char *key, const char *value) { return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, value, 0); }

int overlay_mount(const struct request_root *r, int stubs, int userns, struct err *e)
{
	CLEANUP_CLOSE int fs = sys_fsopen("overlay");
	if (fs < 0) return fail(e, "root", "overlay");
	if (overlay_takes_anything(fs)) return overlay_mount_old(r, stubs, userns, e);
	if (set(fs, "source", "overlay")) return fail(e, "root", "overlay source");
	if (overlay_set_layers(fs, r, stubs, userns, e)) {
		if (e->number == EINVAL && !strncmp(e->arg, "lowerdir", 8) && !overlay_has_lowerdir_plus())
			return overlay_mount_old(r, stubs, userns, e);
		return -1;
	}
	if (overlay_set_behaviour(fs, e)) return -1;
	if (r->upper && r->overlay_volatile && sys_fsconfig(fs, FSCONFIG_SET_FLAG, "volatile", NULL, 0))
		return fail(e, "root", "volatile");
	if (sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0)) return fail(e, "root", "overlay");
	CLEANUP_CLOSE int fd = sys_fsmount(fs, 0);
	if (fd < 0) return fail(e, "root", "fsmount");
	/* Over "/": the process's root stays what it is, so host paths can still be resolved until pivot_root. */
	if (sys_move_mount(fd, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)) return fail(e, "root", "attach");
	return steal_fd(&fd);
}
