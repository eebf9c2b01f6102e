/* Paths inside a root file system, by descriptor: no symlink, `..` or mount of the root leads out of it. */
#pragma once
#include <stdbool.h>

#include "err.h"

/* O_PATH descriptor of `path` (symlinks are followed inside the root), or -1 with errno. `flags` e.g. O_DIRECTORY. */
int inroot_open(int root, const char *path, int flags);

/* The same, but no component may be a symlink (ELOOP). */
int inroot_open_plain(int root, const char *path, int flags);

/*
 * O_PATH descriptor of a mount point, made (with its parents; an empty file or a directory) when missing.
 * *made tells whether anything was made. A dangling symlink is followed: what it points to is made.
 */
int inroot_make(int root, const char *path, bool directory, bool *made, struct err *e);
