/* Parts of copying that concern one open file. */
#pragma once
#include <sys/types.h>

/* `size` bytes from one file to another, empty one; holes stay holes. 0, or -1 with errno. */
int copy_bytes(int from, int to, off_t size);
/* Those xattrs that belong to files; what the file system does not take is left out. */
void copy_xattrs(int from, int to);
