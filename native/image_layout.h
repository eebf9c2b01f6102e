/* Where the parts of an image (src/store/layer/image-format.ts) lie, in bytes. */
#pragma once
#include <stdbool.h>

#include "image_names.h"
#include "patch_table.h"

enum { BLOCK_SIZE = 512, INODE = 64, UNIT = 32, INODES_AT = 3 * BLOCK_SIZE, ROOT_AT = INODES_AT + INODE };
/* Attributes of a directory that overlayfs wants to see: their header, then those that it has. */
enum { XATTR_HEADER = 12, XATTR = 20 };

struct place {
	uint64_t at, size;
};

struct image {
	struct index_rows rows;
	uint64_t tar_size, inodes_end, bytes;
	struct patch_table patch; /* what the tar is made of, when there is no whole one */
	uint64_t data[2];         /* bytes of the files that have the bytes of files: the tar; or the base's tar, and the patch's own bytes */
	size_t data_count;
	uint64_t *inodes;      /* byte of each row's inode */
	uint32_t *parents;     /* of each row */
	struct place *content; /* of directories and symlinks */
	char *out;
	struct image_names names;
	struct err *e;
};

/* Says that the layer is left to others. */
int image_refuse(struct image *x, const char *why);
/* The root is a directory, also when the layer says nothing of it. */
uint8_t image_type_of(const struct image *x, uint32_t row);
bool image_is_opaque(const struct image *x, uint32_t row);
bool image_holds_whiteout(const struct image *x, uint32_t row);
uint32_t image_xattrs_size(const struct image *x, uint32_t row);
/* Fills all numbers by `rows` and `data`. */
int image_lay_out(struct image *x);
void image_layout_free(struct image *x);
