#include "tar_tree.h"

#include <string.h>

#include "row_list.h"
#include "util.h"

enum { NONE = UINT32_MAX, FIRST_ROOM = 1024, MOST_NODES = 1 << 22, MOST_TEXT = 1 << 30 };
/* Whoever makes more names fall together wants to keep this busy. */
enum { LONGEST_CHAIN = 64 };

static uint32_t hash_of(uint32_t parent, const char *name, size_t size)
{
	uint64_t hash = parent * 0x9e3779b97f4a7c15ull;
	while (size) {
		uint64_t word = 0;
		size_t part = size < sizeof word ? size : sizeof word;
		memcpy(&word, name, part);
		hash = (hash ^ word ^ part) * 0xff51afd7ed558ccdull;
		hash ^= hash >> 32;
		name += part;
		size -= part;
	}
	/* What differs in the last bytes of a word only, as numbers at the end of names do, is in the upper bits up to here. */
	hash *= 0xc4ceb9fe1a85ec53ull;
	return (uint32_t)(hash ^ hash >> 32);
}

static uint32_t *bucket_of(const struct tar_tree *t, uint32_t parent, const char *name, size_t size)
{
	return &t->buckets[hash_of(parent, name, size) & (t->room - 1)];
}

/* NONE when there is no such child. */
static uint32_t find(const struct tar_tree *t, uint32_t parent, const char *name, size_t size)
{
	for (uint32_t next = *bucket_of(t, parent, name, size); next; next = t->nodes[next - 1].next) {
		const struct tar_node *node = &t->nodes[next - 1];
		if (node->parent == parent && node->name_size == size && memcmp(t->texts.data + node->name, name, size) == 0) return next - 1;
	}
	return NONE;
}

static bool link_in(struct tar_tree *t, uint32_t number)
{
	struct tar_node *node = &t->nodes[number];
	uint32_t *bucket = bucket_of(t, node->parent, t->texts.data + node->name, node->name_size);
	unsigned length = 0;
	for (uint32_t next = *bucket; next; next = t->nodes[next - 1].next)
		if (++length == LONGEST_CHAIN) return false;
	node->next = *bucket;
	*bucket = number + 1;
	return true;
}

static bool grow(struct tar_tree *t)
{
	if (t->room == MOST_NODES) return false;
	t->room *= 2;
	t->nodes = xrealloc(t->nodes, t->room * sizeof *t->nodes);
	free(t->buckets);
	t->buckets = xcalloc(t->room, sizeof *t->buckets);
	for (uint32_t i = 1; i < t->count; i++)
		if (!link_in(t, i)) return false;
	return true;
}

static bool keep_text(struct tar_tree *t, const char *text, size_t size, uint32_t *place)
{
	if (t->texts.used + size > MOST_TEXT) return false;
	*place = (uint32_t)t->texts.used;
	bytes_add(&t->texts, text, size);
	return true;
}

/* NONE when there are too many. */
static uint32_t new_node(struct tar_tree *t, uint32_t parent, const char *name, size_t size)
{
	if (t->count == t->room && !grow(t)) return NONE;
	uint32_t number = t->count;
	struct tar_node *node = &t->nodes[number];
	*node = (struct tar_node){.parent = parent, .inode = number, .name_size = (uint16_t)size};
	if (!keep_text(t, name, size, &node->name) || !link_in(t, number)) return NONE;
	t->nodes[parent].children++;
	t->count++;
	return number;
}

static void imply(struct tar_node *node)
{
	node->type = DIRECTORY;
	node->mode = 0755;
	node->implied = true;
}

static uint32_t walk(struct tar_tree *t, const char *path, size_t size, bool make)
{
	uint32_t here = 0;
	for (size_t at = 0; at < size;) {
		const char *name = path + at;
		const char *slash = memchr(name, '/', size - at);
		size_t length = slash ? (size_t)(slash - name) : size - at;
		uint32_t child = find(t, here, name, length);
		if (child == NONE && make) {
			child = new_node(t, here, name, length);
			if (child != NONE) imply(&t->nodes[child]);
		}
		if (child == NONE || t->nodes[child].type != DIRECTORY) return NONE;
		here = child;
		at += length + 1;
	}
	return here;
}

/* The directory of a path, made when nobody has described it. Members of one mostly come together. */
static uint32_t directory_at(struct tar_tree *t, const char *path, size_t size)
{
	if (t->last.size == size && memcmp(t->last.at, path, size) == 0) return t->last_node;
	uint32_t found = walk(t, path, size, true);
	if (found == NONE) return NONE;
	memcpy(t->last.at, path, size);
	t->last.size = size;
	t->last_node = found;
	return found;
}

/* Another name of something that is no directory. */
static bool place_link(struct tar_tree *t, uint32_t name, const struct tar_text *target)
{
	size_t base = tar_text_base(target);
	uint32_t holder = walk(t, target->at, base ? base - 1 : 0, false);
	uint32_t found = holder == NONE ? NONE : find(t, holder, target->at + base, target->size - base);
	if (found == NONE || found == name) return false;
	uint8_t type = t->nodes[found].type;
	if (type == DIRECTORY || type == WHITEOUT) return false;
	uint32_t inode = t->nodes[found].inode;
	t->nodes[name].inode = inode;
	t->nodes[name].type = type;
	t->nodes[inode].linked = true;
	return true;
}

static bool describe(struct tar_tree *t, uint32_t number, const struct tar_member *m, uint64_t offset)
{
	struct tar_node *node = &t->nodes[number];
	node->type = m->type;
	node->mode = m->mode;
	node->uid = m->uid;
	node->gid = m->gid;
	node->mtime = (double)m->mtime;
	node->mtime_nsec = m->mtime_nsec;
	node->size = (double)m->size;
	node->offset = m->type == REGULAR ? (double)offset : 0;
	node->major = m->major;
	node->minor = m->minor;
	node->implied = false;
	node->link_size = (uint16_t)m->link.size;
	return keep_text(t, m->link.at, m->link.size, &node->link);
}

bool tar_tree_place(struct tar_tree *t, const struct tar_member *m, uint64_t offset)
{
	const struct tar_text *path = &m->path;
	if (m->kind == TAR_OPAQUE) {
		uint32_t directory = directory_at(t, path->at, path->size);
		if (directory != NONE) t->nodes[directory].opaque = true;
		return directory != NONE;
	}
	if (path->size == 0) return m->type == DIRECTORY && describe(t, 0, m, offset);
	size_t base = tar_text_base(path);
	uint32_t parent = directory_at(t, path->at, base ? base - 1 : 0);
	if (parent == NONE) return false;
	uint32_t found = find(t, parent, path->at + base, path->size - base);
	if (found != NONE)
		return m->kind == TAR_ENTRY && m->type == DIRECTORY && t->nodes[found].type == DIRECTORY && describe(t, found, m, offset);
	uint32_t name = new_node(t, parent, path->at + base, path->size - base);
	if (name == NONE || m->kind == TAR_WHITEOUT) return name != NONE;
	return m->hardlink ? place_link(t, name, &m->link) : describe(t, name, m, offset);
}

void tar_tree_begin(struct tar_tree *t)
{
	*t = (struct tar_tree){.count = 1, .room = FIRST_ROOM};
	t->nodes = xcalloc(t->room, sizeof *t->nodes);
	t->buckets = xcalloc(t->room, sizeof *t->buckets);
	imply(&t->nodes[0]);
}

void tar_tree_free(struct tar_tree *t)
{
	free(t->nodes);
	free(t->buckets);
	free(t->texts.data);
}
