/*
 * fsops index DIR: the index file (src/store/layer/index-format.ts) of a layer with this tree, without the directory itself, on
 * stdout. A tree that is not plain (plain_tree.h) fails with "tree" and ENOTSUP.
 */
#include "fsops.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "row_list.h"
#include "plain_tree.h"

struct index {
	struct walk walk;
	struct row_list all;
	size_t room;
	uint32_t *open; /* rows of the directories that are walked, the outermost first */
	size_t open_room;
	uint64_t whiteout; /* inode of one that was looked at, or 0 */
	struct err *e;
};

static struct row *new_row(struct index *x)
{
	struct row_list *all = &x->all;
	if (all->count == x->room) {
		x->room = x->room ? x->room * 2 : 64;
		all->rows = xrealloc(all->rows, x->room * sizeof *all->rows);
	}
	all->rows[all->count] = (struct row){0};
	return &all->rows[all->count++];
}

static uint8_t type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return REGULAR;
	case S_IFDIR: return DIRECTORY;
	case S_IFLNK: return SYMLINK;
	case S_IFCHR: return CHARACTER;
	case S_IFBLK: return BLOCK;
	case S_IFIFO: return FIFO;
	default: return SOCKET;
	}
}

static int add_extras(struct index *x, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	if (S_ISLNK(st->st_mode)) {
		ssize_t size = readlink(name, target, sizeof target);
		if (size < 0) return fail(x->e, "tree", "%s", name);
		bytes_u16(&x->all.extras, (uint16_t)size);
		bytes_add(&x->all.extras, target, (size_t)size);
	} else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) {
		bytes_u32(&x->all.extras, major(st->st_rdev));
		bytes_u32(&x->all.extras, minor(st->st_rdev));
	}
	return 0;
}

static int add(struct index *x, const char *name, const struct stat *st)
{
	struct plain plain;
	if (plain_entry(name, st, &plain, x->e)) return -1;
	/* More than the numbers of the file can say. */
	if (x->all.names.used > UINT32_MAX - PATH_MAX || x->all.extras.used > UINT32_MAX - 2 * PATH_MAX) return plain_refuse(name, x->e);
	struct row *row = new_row(x);
	uint32_t parent = x->open[x->walk.depth - 1];
	x->all.rows[parent].child_count++;
	row->first_child = parent;
	row->name_offset = (uint32_t)x->all.names.used;
	row->name_length = (uint16_t)strlen(name);
	row->extras_offset = (uint32_t)x->all.extras.used;
	bytes_add(&x->all.names, name, strlen(name));
	if (plain.whiteout) return 0;
	row->type = type_of(st->st_mode);
	row->flags = (uint8_t)((plain.opaque ? ROW_OPAQUE : 0) | (S_ISLNK(st->st_mode) ? ROW_LINK : 0));
	row->mode = (uint16_t)(st->st_mode & 07777);
	row->uid = st->st_uid;
	row->gid = st->st_gid;
	row->mtime_nsec = (uint32_t)st->st_mtim.tv_nsec;
	row->mtime = (double)st->st_mtim.tv_sec;
	row->size = S_ISREG(st->st_mode) ? (double)st->st_size : 0;
	if (add_extras(x, name, st)) return -1;
	row->extras_length = (uint32_t)(x->all.extras.used - row->extras_offset);
	return 0;
}

static int enter(struct index *x, const char *name, uint32_t row)
{
	if (x->walk.depth == x->open_room) {
		x->open_room = x->open_room ? x->open_room * 2 : 64;
		x->open = xrealloc(x->open, x->open_room * sizeof *x->open);
	}
	x->open[x->walk.depth] = row;
	return x->walk.depth ? walk_enter(&x->walk, name, x->e) : walk_begin(&x->walk, name, x->e);
}

/*
 * Overlay's whiteouts are one inode with many names: after the first, the listing of their directory says what they are. Where a
 * listing makes inode numbers up, that of the first is another one than the file's own.
 */
static int look_at(struct index *x, const struct names *names, size_t i, struct stat *st)
{
	const uint64_t inode = names_inode(names, i);
	if (inode && inode == x->whiteout && names_type(names, i) == DT_CHR) {
		*st = (struct stat){.st_mode = S_IFCHR};
		return 0;
	}
	if (lstat(names_get(names, i), st)) return fail(x->e, "tree", "%s", names_get(names, i));
	if (S_ISCHR(st->st_mode) && st->st_rdev == 0 && st->st_nlink > 1 && st->st_ino == inode) x->whiteout = inode;
	return 0;
}

static int visit_all(struct index *x)
{
	while (x->walk.depth) {
		struct frame *top = &x->walk.frames[x->walk.depth - 1];
		if (top->next == top->names.count) {
			if (walk_leave(&x->walk, x->e)) return -1;
			continue;
		}
		const char *name = names_get(&top->names, top->next);
		struct stat st;
		if (look_at(x, &top->names, top->next++, &st)) return -1;
		if (add(x, name, &st)) return -1;
		if (S_ISDIR(st.st_mode) && enter(x, name, x->all.count - 1)) return -1;
	}
	return 0;
}

int fsops_index_of(const char *directory, struct bytes *out, struct err *e)
{
	struct index x = {.walk = {.sorted = true}, .e = e};
	(void)new_row(&x);
	int result = enter(&x, directory, 0) || visit_all(&x) ? -1 : 0;
	if (!result) row_list_encode(&x.all, out);
	walk_free(&x.walk);
	free(x.all.rows);
	free(x.all.names.data);
	free(x.all.extras.data);
	free(x.open);
	return result;
}

int fsops_index(const char *directory, struct err *e)
{
	struct bytes out = {0};
	int result = fsops_index_of(directory, &out, e);
	if (!result && write_all(1, out.data, out.used)) result = fail(e, "write", "stdout");
	free(out.data);
	return result;
}
