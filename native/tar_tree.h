/* What the members of a layer tar make, for those that are written in the usual way: src/store/layer/layer-table.ts. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "fsops.h"
#include "tar_member.h"

/* Names of one inode share what the first of them says; `inode` leads there. Number 0 is the root. */
struct tar_node {
	double mtime, size, offset;
	uint32_t parent, next; /* next: of those with the same hash */
	uint32_t name, link;   /* places in the texts */
	uint32_t uid, gid, mtime_nsec, major, minor;
	uint32_t inode, children;
	uint16_t name_size, link_size, mode;
	uint8_t type;
	bool opaque, implied, linked; /* linked: has several names */
};

struct tar_tree {
	struct tar_node *nodes;
	uint32_t count, room;
	uint32_t *buckets; /* as many as there is room for nodes; one more than the number of a node */
	struct bytes texts;
	struct tar_text last; /* the directory that was asked for last */
	uint32_t last_node;
};

void tar_tree_begin(struct tar_tree *tree);
/* Its content stands at `offset` of the tar. False for what is odd: through links, in the place of something, under no directory. */
bool tar_tree_place(struct tar_tree *tree, const struct tar_member *member, uint64_t offset);
/* The index file. False when its numbers cannot say it. */
bool tar_tree_index(struct tar_tree *tree, struct bytes *out, bool *implied);
void tar_tree_free(struct tar_tree *tree);
