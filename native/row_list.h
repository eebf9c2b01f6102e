/* Rows of an index file in the making: src/store/layer/index-builder.ts. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "fsops.h"
#include "index_row.h"

struct row_list {
	struct row *rows; /* depth first, the root first; first_child is the parent until they are arranged */
	uint32_t count;
	bool has_root; /* the layer says something about its root */
	struct bytes names, extras;
};

/* Puts the rows in the order of the file, and everything into it. */
void row_list_encode(const struct row_list *list, struct bytes *out);
