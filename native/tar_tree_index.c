/* The rows of a tree in the order of src/store/layer/index-builder.ts. */
#include <stdlib.h>
#include <string.h>

#include "row_list.h"
#include "tar_tree.h"
#include "util.h"

struct child {
	const char *name;
	uint32_t size, node;
};

/* The name of an inode that comes first of several. */
struct first {
	uint32_t inode, row, path, size; /* path: place in `paths` */
	bool found; /* another name has come */
};

struct level {
	uint32_t node, row, next;
	size_t path;
};

/* No directory is deeper. */
enum { LEVELS = TAR_PATH_MAX / 2 + 2 };

struct listing {
	const struct tar_tree *tree;
	struct row_list all;
	uint32_t *starts; /* by node: where its children begin */
	struct child *children;
	uint32_t *firsts_of; /* by node: one more than its place in `firsts` */
	struct first *firsts;
	uint32_t *targets; /* places in `firsts`, as their second names were found */
	uint32_t first_count, target_count;
	struct bytes paths;
	struct level *levels;
	char path[TAR_PATH_MAX + 1];
	bool implied;
};

static int by_name(const void *a, const void *b)
{
	const struct child *x = a, *y = b;
	return tar_name_compare(x->name, x->size, y->name, y->size);
}

static bool is_sorted(const struct child *all, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (by_name(&all[i - 1], &all[i]) > 0) return false;
	return true;
}

static void sort_children(struct listing *x)
{
	const struct tar_tree *t = x->tree;
	CLEANUP_FREE uint32_t *filled = xcalloc(t->count, sizeof *filled);
	for (uint32_t i = 0, next = 0; i < t->count; i++) {
		x->starts[i] = filled[i] = next;
		next += t->nodes[i].children;
	}
	for (uint32_t i = 1; i < t->count; i++) {
		const struct tar_node *node = &t->nodes[i];
		x->children[filled[node->parent]++] = (struct child){t->texts.data + node->name, node->name_size, i};
	}
	for (uint32_t i = 0; i < t->count; i++) {
		struct child *its = x->children + x->starts[i];
		uint32_t count = t->nodes[i].children;
		if (!is_sorted(its, count)) qsort(its, count, sizeof *its, by_name);
	}
}

static void short_text(struct bytes *to, const char *text, size_t size)
{
	bytes_u16(to, (uint16_t)size);
	bytes_add(to, text, size);
}

/* In the order of src/store/layer/index-record.ts. */
static void put_extras(struct listing *x, const struct tar_node *inode, const struct first *hardlink, const struct first *first)
{
	struct bytes *to = &x->all.extras;
	if (inode->type == SYMLINK) short_text(to, x->tree->texts.data + inode->link, inode->link_size);
	if (hardlink) short_text(to, x->paths.data + hardlink->path, hardlink->size);
	if (first) short_text(to, x->paths.data + first->path, first->size);
	if (inode->type != CHARACTER && inode->type != BLOCK) return;
	bytes_u32(to, inode->major);
	bytes_u32(to, inode->minor);
}

/* The first name of an inode with several, when this one is not that. */
static const struct first *first_of(struct listing *x, uint32_t inode, uint32_t row, size_t path)
{
	uint32_t known = x->firsts_of[inode];
	if (known) {
		struct first *first = &x->firsts[known - 1];
		if (!first->found) x->targets[x->target_count++] = known - 1;
		first->found = true;
		return first;
	}
	x->firsts[x->first_count] = (struct first){inode, row, (uint32_t)x->paths.used, (uint32_t)path, false};
	x->firsts_of[inode] = ++x->first_count;
	bytes_add(&x->paths, x->path, path);
	return NULL;
}

/* `path`: how long the path of the entry is. */
static void put_row(struct listing *x, uint32_t number, uint32_t parent, size_t path)
{
	const struct tar_node *node = &x->tree->nodes[number], *inode = &x->tree->nodes[node->inode];
	uint32_t at = x->all.count++;
	struct row *row = &x->all.rows[at];
	*row = (struct row){.name_offset = (uint32_t)x->all.names.used, .name_length = node->name_size, .first_child = parent};
	row->extras_offset = (uint32_t)x->all.extras.used;
	if (number) x->all.rows[parent].child_count++;
	bytes_add(&x->all.names, x->tree->texts.data + node->name, node->name_size);
	if (node->type == WHITEOUT) return;
	const struct first *first = inode->linked ? first_of(x, node->inode, at, path) : NULL;
	unsigned flags = (node->opaque ? ROW_OPAQUE : 0) | (node->implied ? ROW_IMPLIED : 0) | (node->type == SYMLINK ? ROW_LINK : 0) |
			 (first ? ROW_HARDLINK | ROW_INODE : 0) | (node->type == REGULAR ? ROW_OFFSET : 0);
	x->implied |= node->implied;
	row->type = node->type;
	row->flags = (uint8_t)flags;
	row->mode = inode->mode;
	row->uid = inode->uid;
	row->gid = inode->gid;
	row->mtime_nsec = inode->mtime_nsec;
	row->mtime = inode->mtime;
	row->size = inode->size;
	row->offset = inode->offset;
	put_extras(x, inode, first, first);
	row->extras_length = (uint32_t)x->all.extras.used - row->extras_offset;
}

/* More than the numbers of the file can say. */
static bool is_full(const struct listing *x)
{
	return x->all.names.used > UINT32_MAX / 2 || x->all.extras.used > UINT32_MAX / 2 || x->paths.used > UINT32_MAX / 2;
}

static bool put_all(struct listing *x)
{
	const struct tar_node *nodes = x->tree->nodes;
	struct level *top = x->levels;
	*top = (struct level){0};
	for (;;) {
		if (top->next == nodes[top->node].children) {
			if (top == x->levels) return true;
			top--;
			continue;
		}
		const struct child *child = &x->children[x->starts[top->node] + top->next++];
		size_t path = top->path;
		/* What is linked to may lie no deeper than it was written; so paths fit, and this never happens. */
		if (path + 1 + child->size > TAR_PATH_MAX || is_full(x)) return false;
		if (path) x->path[path++] = '/';
		memcpy(x->path + path, child->name, child->size);
		path += child->size;
		uint32_t row = x->all.count;
		put_row(x, child->node, top->row, path);
		if (nodes[child->node].type != DIRECTORY) continue;
		if (++top == x->levels + LEVELS) return false;
		*top = (struct level){child->node, row, 0, path};
	}
}

/* So that one row tells whether there are more names. What it said before is nobody's now. */
static void mark_targets(struct listing *x)
{
	for (uint32_t i = 0; i < x->target_count; i++) {
		const struct first *first = &x->firsts[x->targets[i]];
		struct row *row = &x->all.rows[first->row];
		if (row->extras_length) memset(x->all.extras.data + row->extras_offset, 0, row->extras_length);
		row->extras_offset = (uint32_t)x->all.extras.used;
		row->flags |= ROW_INODE;
		put_extras(x, &x->tree->nodes[first->inode], NULL, first);
		row->extras_length = (uint32_t)x->all.extras.used - row->extras_offset;
	}
}

bool tar_tree_index(struct tar_tree *t, struct bytes *out, bool *implied)
{
	struct listing x = {.tree = t};
	x.all.rows = xcalloc(t->count, sizeof *x.all.rows);
	x.starts = xcalloc(t->count, sizeof *x.starts);
	x.children = xcalloc(t->count, sizeof *x.children);
	x.firsts_of = xcalloc(t->count, sizeof *x.firsts_of);
	x.firsts = xcalloc(t->count, sizeof *x.firsts);
	x.targets = xcalloc(t->count, sizeof *x.targets);
	x.levels = xcalloc(LEVELS, sizeof *x.levels);
	const struct tar_node *root = &t->nodes[0];
	x.all.has_root = root->opaque || !root->implied;
	sort_children(&x);
	if (x.all.has_root) put_row(&x, 0, 0, 0);
	else x.all.count = 1;
	bool whole = put_all(&x) && !is_full(&x);
	if (whole) {
		mark_targets(&x);
		row_list_encode(&x.all, out);
		*implied = x.implied;
	}
	free(x.all.rows);
	free(x.all.names.data);
	free(x.all.extras.data);
	free(x.starts);
	free(x.children);
	free(x.firsts_of);
	free(x.firsts);
	free(x.targets);
	free(x.levels);
	free(x.paths.data);
	return whole;
}
