/* A pseudo terminal of the container's own devpts; reached by descriptors only, never by the name of the slave. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "channel.h"
#include "setup.h"
#include "sys.h"
#include "util.h"

/* musl and the kernel headers cannot be included together for this one: _IO('T', 0x41). */
#define GET_PTY_PEER 0x5441

int terminal_make(struct setup *s, struct err *e)
{
	const struct request *r = s->request;
	CLEANUP_CLOSE int master = sys_openat2(s->root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY,
					       RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
	struct statfs fs;
	if (master < 0 || fstatfs(master, &fs)) return fail(e, "terminal", "/dev/pts/ptmx");
	if (fs.f_type != DEVPTS_SUPER_MAGIC) return fail_with(e, ENODEV, "terminal", "/dev/pts: no devpts");
	int unlock = 0;
	if (ioctl(master, TIOCSPTLCK, &unlock)) return fail(e, "terminal", "unlock");
	s->terminal = ioctl(master, GET_PTY_PEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s->terminal < 0) return fail(e, "terminal", "open the slave");
	if (r->rows && r->columns) {
		struct winsize size = {.ws_row = (unsigned short)r->rows, .ws_col = (unsigned short)r->columns};
		(void)ioctl(master, TIOCSWINSZ, &size);
	}
	if (fchown(s->terminal, r->uid, (gid_t)-1)) return fail(e, "terminal", "owner");
	struct message message = {.kind = MESSAGE_TERMINAL};
	if (channel_send(s->channel, &message, master)) return fail(e, "terminal", "hand over");
	return 0;
}

int terminal_bind_console(struct setup *s, int console, struct err *e)
{
	CLEANUP_CLOSE int copy = sys_open_tree(s->terminal, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
	if (copy < 0 || mount_attach(copy, console)) return fail(e, "terminal", "/dev/console");
	return 0;
}

int terminal_control(struct setup *s, struct err *e)
{
	if (ioctl(s->terminal, TIOCSCTTY, 0)) return fail(e, "terminal", "controlling terminal");
	for (int fd = 0; fd < 3; fd++)
		if (dup2(s->terminal, fd) < 0) return fail(e, "terminal", "descriptor %d", fd);
	return 0;
}
