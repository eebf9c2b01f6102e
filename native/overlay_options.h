/* The option string of mount(2) for overlay, for kernels whose overlay knows no `lowerdir+` (before 6.8). */
#pragma once
#include "request.h"

struct overlay_text {
	const char *common;   /* directory to change to before the mount: paths below it are written relative to it */
	char directory[4096]; /* its storage */
};

/* overlay_old.c: as overlay_mount. */
int overlay_mount_old(const struct request_root *root, int stubs, int userns, struct err *e);

/* Writes the options. Fails with E2BIG when they do not fit into a page: the kernel would cut them silently. */
int overlay_options(const struct request_root *root, int stubs, struct overlay_text *text, char *options, size_t size,
		    struct err *e);

/* True before 6.5: options of a file system context are gathered unread, and what is unknown is refused at creation only. */
bool overlay_takes_anything(int fs);

/* Asks the kernel. */
bool overlay_has_lowerdir_plus(void);
