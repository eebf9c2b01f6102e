/*
 * fsops digest DIR ROOT [LEVEL]: sha256 (32 bytes) and size (u64, little endian) of the tar that a layer with this tree has, as
 * src/store/layer/tar-writer.ts makes it; with ROOT "1" the directory itself is in it. With LEVEL the gzip of that tar is written to
 * descriptor 3, and its digest and size follow, as those of `pack`. What an upper directory of overlay says is understood: whiteouts
 * and opaque directories. A tree that is not plain (plain_tree.h), or has what plain headers cannot say, is left to the caller: it
 * fails with "tree" and ENOTSUP.
 */
#include "fsops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

#include "plain_tree.h"
#include "tree_tar.h"

struct digest {
	struct tree_tar *tar;
	struct walk walk;
	const char *directory;
	bool root;
};

static int open_file(const char *name)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	/* musl's `open` makes a second call for O_CLOEXEC. */
	int direct = openat(AT_FDCWD, name, flags | O_NOATIME);
	return direct < 0 && errno == EPERM ? openat(AT_FDCWD, name, flags) : direct;
}

static int add(struct digest *d, const char *name, const struct stat *st)
{
	char target[PATH_MAX] = "";
	struct plain plain;
	struct tree_tar *t = d->tar;
	bool is_link = S_ISLNK(st->st_mode);
	if (plain_entry(name, st, &plain, t->e)) return -1;
	if (plain.whiteout) return tree_tar_marker(t, ".wh.", name, "");
	if (S_ISSOCK(st->st_mode)) return 0;
	if (is_link && readlink(name, target, sizeof target - 1) < 0) return fail(t->e, "digest", "%s", name);
	if (tree_tar_entry(t, name, st, is_link ? target : NULL)) return -1;
	if (plain.opaque) return tree_tar_marker(t, name, "/.wh..wh..opq", "");
	if (!S_ISREG(st->st_mode) || !st->st_size) return 0;
	return tree_tar_content(t, open_file(name), name, (uint64_t)st->st_size);
}

static int add_root(struct digest *d)
{
	struct stat st;
	struct plain plain;
	if (stat(".", &st)) return fail(d->tar->e, "digest", ".");
	if (plain_root(&plain, d->tar->e)) return -1;
	return plain.opaque ? plain_refuse(".", d->tar->e) : tree_tar_entry(d->tar, ".", &st, NULL);
}

static int visit_all(struct digest *d)
{
	while (d->walk.depth) {
		struct frame *top = &d->walk.frames[d->walk.depth - 1];
		if (top->next == top->names.count) {
			tree_tar_leave(d->tar);
			if (walk_leave(&d->walk, d->tar->e)) return -1;
			continue;
		}
		const char *name = names_get(&top->names, top->next++);
		struct stat st;
		if (lstat(name, &st)) return fail(d->tar->e, "digest", "%s", name);
		if (add(d, name, &st)) return -1;
		if (!S_ISDIR(st.st_mode)) continue;
		tree_tar_enter(d->tar, name);
		if (walk_enter(&d->walk, name, d->tar->e)) return -1;
	}
	return 0;
}

static int put(struct tree_tar *t, void *self)
{
	struct digest *d = self;
	d->tar = t;
	int result = walk_begin(&d->walk, d->directory, t->e) || (d->root && add_root(d)) || visit_all(d) ? -1 : 0;
	walk_free(&d->walk);
	return result;
}

int fsops_digest(const char *directory, bool root, const char *level, struct err *e)
{
	struct digest d = {.walk = {.sorted = true}, .directory = directory, .root = root};
	return tree_tar_answer(&(struct tree_tar_maker){put, &d}, level, e);
}
