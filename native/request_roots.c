/* Operations that describe file systems: the container's root, and trees that mounts take their source from. */
#include <string.h>

#include "request_ops.h"

void *request_grow(void *items, size_t count, size_t size)
{
	if (count && (count & (count - 1))) return items;
	return xrealloc(items, (count ? count * 2 : 1) * size);
}

struct request_root *request_described_root(struct request *r)
{
	return r->tree_count ? &r->trees[r->tree_count - 1] : &r->root;
}

int request_apply_tree(struct request *r, const struct operation *op)
{
	(void)op;
	if (r->tree_count == TREES_MAX) return -1;
	r->trees = request_grow(r->trees, r->tree_count, sizeof *r->trees);
	r->trees[r->tree_count++] = (struct request_root){0};
	return 0;
}

int request_apply_root_overlay(struct request *r, const struct operation *op)
{
	(void)op;
	request_described_root(r)->kind = ROOT_OVERLAY;
	return 0;
}

int request_apply_root_bind(struct request *r, const struct operation *op)
{
	request_described_root(r)->kind = ROOT_BIND;
	request_described_root(r)->source = op->argv[1];
	return 0;
}

/* image METADATA files|loops DATA... */
int request_apply_image(struct request *r, const struct operation *op)
{
	struct request_root *root = request_described_root(r);
	struct request_image image = {.lower = root->lower.count, .from_files = !strcmp(op->argv[2], "files"), .mount = -1};
	if (!image.from_files && strcmp(op->argv[2], "loops") != 0) return -1;
	for (size_t i = 3; i < op->argc; i++) image.data[image.data_count++] = op->argv[i];
	root->images = request_grow(root->images, root->image_count, sizeof image);
	root->images[root->image_count++] = image;
	strings_add(&root->lower, op->argv[1]);
	return 0;
}

int request_apply_keep(struct request *r, const struct operation *op)
{
	request_described_root(r)->keep_in = op->argv[2];
	return parse_u32(op->argv[1], &request_described_root(r)->keep);
}

int request_apply_upper(struct request *r, const struct operation *op)
{
	request_described_root(r)->upper = op->argv[1];
	request_described_root(r)->work = op->argv[2];
	return 0;
}

int request_apply_file(struct request *r, const struct operation *op)
{
	struct request_root *root = request_described_root(r);
	struct request_file f = {.name = op->argv[1], .bytes = op->argv[5], .size = op->sizes[5]};
	if (root == &r->root || !*f.name || strchr(f.name, '/') || parse_u32(op->argv[2], &f.mode) ||
	    parse_u32(op->argv[3], &f.uid) || parse_u32(op->argv[4], &f.gid))
		return -1;
	root->kind = ROOT_MEMORY;
	root->files = request_grow(root->files, root->file_count, sizeof f);
	root->files[root->file_count++] = f;
	return 0;
}

int request_apply_mount_tree(struct request *r, const struct operation *op)
{
	uint32_t tree;
	if (!r->mount_count || parse_u32(op->argv[1], &tree) || tree == 0 || tree > r->tree_count) return -1;
	r->mounts[r->mount_count - 1].tree = tree;
	return (r->mounts[r->mount_count - 1].flags & MOUNT_BIND) ? 0 : -1;
}
