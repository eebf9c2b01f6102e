/* Paths inside a root file system, by descriptor: no symlink, `..` or mount of the root leads out of it. */
#pragma once
#include <stdbool.h>

#include "err.h"

/* O_PATH descriptor of `path` (symlinks are followed inside the root), or -1 with errno. `flags` e.g. O_DIRECTORY. */
int inroot_open(int root, const char *path, int flags);

/* The same, but no component may be a symlink (ELOOP). */
int inroot_open_plain(int root, const char *path, int flags);

/* What was made of mount points. */
struct inroot_made {
	bool any;
	/*
	 * -1, or a file that gets a line for each inode that was made or changed by it, `INODE:CTIME INODE:CTIME\n`: before and after,
	 * times in nanoseconds; `-` before for what is new. So whoever looks for changes can tell ours from others'.
	 */
	int notes;
};

/*
 * O_PATH descriptor of a mount point, made (with its parents; an empty file or a directory) when missing. Directories that get an
 * entry keep their time of modification. A dangling symlink is followed: what it points to is made.
 */
int inroot_make(int root, const char *path, bool directory, struct inroot_made *made, struct err *e);
