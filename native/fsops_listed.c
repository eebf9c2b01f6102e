/*
 * fsops listed DIR INDEX: as `digest DIR 0`, of a tree that has just been listed: INDEX is what `index` made of it, and nothing has
 * changed since. So of each file only the content is looked at, and of one that is empty nothing.
 */
#include "fsops.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "index_rows.h"
#include "plain_tree.h"
#include "sys.h"
#include "tree_tar.h"

/* A directory whose children come. */
struct level {
	uint32_t next, end;
};

struct listed {
	struct tree_tar *tar;
	struct index_rows rows;
	int directory;
	struct level *levels;
	size_t depth, room;
};

static mode_t type_bits(uint8_t type)
{
	static const mode_t bits[] = {
		[REGULAR] = S_IFREG, [DIRECTORY] = S_IFDIR, [SYMLINK] = S_IFLNK, [CHARACTER] = S_IFCHR,
		[BLOCK] = S_IFBLK, [FIFO] = S_IFIFO, [SOCKET] = S_IFSOCK,
	};
	return bits[type];
}

/* No link leads anywhere, and no path out of the tree. */
static int open_file(struct listed *x, const char *name)
{
	const uint64_t flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	const uint64_t resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
	char path[PATH_MAX];
	const struct bytes *directory = &x->tar->path;
	/* Longer ones have no plain header. */
	(void)snprintf(path, sizeof path, "%.*s%s", (int)directory->used, directory->used ? directory->data : "", name);
	int direct = sys_openat2(x->directory, path, flags | O_NOATIME, resolve);
	return direct < 0 && errno == EPERM ? sys_openat2(x->directory, path, flags, resolve) : direct;
}

static int stat_of(struct listed *x, const struct row *row, struct stat *st, char target[PATH_MAX])
{
	struct row_extras extras;
	*st = (struct stat){.st_mode = type_bits(row->type) | row->mode, .st_uid = row->uid, .st_gid = row->gid};
	st->st_size = (off_t)row->size;
	st->st_mtim.tv_sec = (time_t)row->mtime;
	if (!index_row_extras(&x->rows, row, &extras) || extras.target_length >= PATH_MAX) return -1;
	if (row->type == SYMLINK) (void)snprintf(target, PATH_MAX, "%.*s", extras.target_length, extras.target);
	if (row->type == CHARACTER || row->type == BLOCK) st->st_rdev = makedev(extras.major, extras.minor);
	return 0;
}

static int add(struct listed *x, const struct row *row, const char *name)
{
	char target[PATH_MAX];
	struct stat st;
	if (row->flags & (ROW_HARDLINK | ROW_XATTRS | ROW_INODE)) return plain_refuse(name, x->tar->e);
	if (row->type == WHITEOUT) return tree_tar_marker(x->tar, ".wh.", name, "");
	if (row->type == SOCKET) return 0;
	if (stat_of(x, row, &st, target)) return plain_refuse(name, x->tar->e);
	if (tree_tar_entry(x->tar, name, &st, row->type == SYMLINK ? target : NULL)) return -1;
	if (row->flags & ROW_OPAQUE) return tree_tar_marker(x->tar, name, "/.wh..wh..opq", "");
	if (row->type != REGULAR || !st.st_size) return 0;
	return tree_tar_content(x->tar, open_file(x, name), name, (uint64_t)st.st_size);
}

static void descend(struct listed *x, const struct row *row)
{
	if (x->depth == x->room) {
		x->room = x->room ? x->room * 2 : 64;
		x->levels = xrealloc(x->levels, x->room * sizeof *x->levels);
	}
	x->levels[x->depth++] = (struct level){row->first_child, row->first_child + row->child_count};
}

static int visit_all(struct listed *x)
{
	char name[NAME_MAX + 1];
	for (descend(x, x->rows.rows); x->depth;) {
		struct level *top = &x->levels[x->depth - 1];
		if (top->next == top->end) {
			x->depth--;
			tree_tar_leave(x->tar);
			continue;
		}
		const struct row *row = &x->rows.rows[top->next++];
		(void)snprintf(name, sizeof name, "%.*s", row->name_length, x->rows.names + row->name_offset);
		if (add(x, row, name)) return -1;
		if (row->type != DIRECTORY) continue;
		tree_tar_enter(x->tar, name);
		descend(x, row);
	}
	return 0;
}

static int put(struct tree_tar *t, void *self)
{
	struct listed *x = self;
	x->tar = t;
	return x->rows.has_root ? plain_refuse(".", t->e) : visit_all(x);
}

int fsops_listed(const char *directory, const char *index, struct err *e)
{
	CLEANUP_CLOSE int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct listed x = {.directory = fd};
	if (fd < 0) return fail(e, "digest", "%s", directory);
	int result = index_rows_read(index, &x.rows, e) || tree_tar_answer(&(struct tree_tar_maker){put, &x}, NULL, e) ? -1 : 0;
	index_rows_free(&x.rows);
	free(x.levels);
	return result;
}
