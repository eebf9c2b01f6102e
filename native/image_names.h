/* The names in a directory of an image (src/store/layer/image-directory.ts): by their bytes, in blocks. */
#pragma once
#include <stddef.h>

#include "index_rows.h"

/* Stand for the directory itself and the one above it. */
#define IMAGE_SELF UINT32_MAX
#define IMAGE_ABOVE (UINT32_MAX - 1)

enum { IMAGE_DIRENT = 12 };

struct image_name {
	const char *text;
	uint16_t length;
	uint32_t row;
};

/* Used for one directory after the other. */
struct image_names {
	struct image_name *items;
	size_t count, room;
};

/* Those of the children of `directory`, and the dots. */
void image_names_of(struct image_names *names, const struct index_rows *rows, const struct row *directory);
/* Where the block ends that begins with the name at `from`. */
size_t image_names_block(const struct image_names *names, size_t from);
/* Bytes of all; the last block counts as far as it is used. */
uint64_t image_names_size(const struct image_names *names);
void image_names_free(struct image_names *names);
