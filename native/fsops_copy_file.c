/* What is in one file: its bytes with their holes, and its xattrs. */
#include "fsops_copy.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

static int copy_range(int from, int to, off_t at, off_t end)
{
	static char buffer[1 << 17];
	while (at < end) {
		size_t want = end - at < (off_t)sizeof buffer ? (size_t)(end - at) : sizeof buffer;
		ssize_t got = pread(from, buffer, want, at);
		if (got < 0) return -1;
		if (got == 0) break;
		for (ssize_t done = 0; done < got;) {
			ssize_t n = pwrite(to, buffer + done, (size_t)(got - done), at + done);
			if (n < 0) return -1;
			done += n;
		}
		at += got;
	}
	return 0;
}

int copy_bytes(int from, int to, off_t size)
{
	/* btrfs and xfs share the blocks, until one of the two is written to. */
	if (size > 0 && ioctl(to, FICLONE, from) == 0) return ftruncate(to, size);
	for (off_t at = 0; at < size;) {
		off_t begin = lseek(from, at, SEEK_DATA);
		if (begin < 0 && errno == ENXIO) break;
		/* Some file systems cannot tell. */
		off_t end = begin < 0 ? size : lseek(from, begin, SEEK_HOLE);
		if (begin < 0) begin = at;
		if (end < 0 || end > size) end = size;
		if (copy_range(from, to, begin, end)) return -1;
		at = end > begin ? end : size;
	}
	return ftruncate(to, size);
}

static bool belongs(const char *key) { return !strncmp(key, "user.", 5) || !strcmp(key, "security.capability"); }

void copy_xattrs(int from, int to)
{
	static char keys[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
	ssize_t size = flistxattr(from, keys, sizeof keys);
	for (const char *key = keys; size > 0 && key < keys + size; key += strlen(key) + 1) {
		ssize_t length = belongs(key) ? fgetxattr(from, key, value, sizeof value) : -1;
		/* Not every file system takes them, and docker passes that over too. */
		if (length >= 0) (void)fsetxattr(to, key, value, (size_t)length, 0);
	}
}
