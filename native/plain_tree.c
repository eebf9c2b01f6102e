#include "plain_tree.h"

#include <errno.h>
#include <limits.h>
#include <linux/limits.h>
#include <string.h>
#include <sys/xattr.h>

#include "util.h"

int plain_refuse(const char *name, struct err *e) { return fail_with(e, ENOTSUP, "tree", "%s", name); }

bool plain_text(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (text[i] & 0x80) return false;
	return true;
}

static bool starts(const char *text, const char *with) { return !strncmp(text, with, strlen(with)); }

/* Part of a layer, or changes the meaning of an entry: see belongsInLayer in layer-names.ts. */
static bool matters(const char *key)
{
	static const char overlay[] = "trusted.overlay.";
	static const char *const unusual[] = {"redirect", "metacopy", "whiteout"};
	if (starts(key, "user.") || starts(key, "system.posix_acl_") || !strcmp(key, "security.capability")) return true;
	if (!starts(key, overlay)) return false;
	for (size_t i = 0; i < COUNT(unusual); i++)
		if (!strcmp(key + strlen(overlay), unusual[i])) return true;
	return false;
}

static int look_at_xattrs(const char *name, bool is_directory, bool *opaque, struct err *e)
{
	static char keys[XATTR_LIST_MAX];
	char value[2];
	ssize_t size = llistxattr(name, keys, sizeof keys);
	if (size < 0) return errno == ENOTSUP ? 0 : fail(e, "tree", "%s", name);
	for (const char *key = keys; key < keys + size; key += strlen(key) + 1) {
		if (matters(key)) return plain_refuse(name, e);
		if (is_directory && !strcmp(key, "trusted.overlay.opaque"))
			*opaque = lgetxattr(name, key, value, sizeof value) == 1 && value[0] == 'y';
	}
	return 0;
}

int plain_entry(const char *name, const struct stat *st, struct plain *plain, struct err *e)
{
	*plain = (struct plain){.whiteout = S_ISCHR(st->st_mode) && st->st_rdev == 0};
	if (starts(name, ".wh.") || !plain_text(name, strlen(name))) return plain_refuse(name, e);
	/* Overlay's whiteouts are one inode. */
	if (plain->whiteout) return 0;
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1) return plain_refuse(name, e);
	return look_at_xattrs(name, S_ISDIR(st->st_mode), &plain->opaque, e);
}

int plain_root(struct plain *plain, struct err *e)
{
	*plain = (struct plain){0};
	return look_at_xattrs(".", true, &plain->opaque, e);
}
