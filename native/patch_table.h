/* The table of a patch (src/store/layer/patch-table.ts): where the bytes of a layer's tar lie, in the base's tar or in the patch itself. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum patch_source { PATCH_BASE, PATCH_OWN };

/* As in the file: bytes of the tar, and where they begin in their source. */
struct patch_row {
	uint64_t size, from;
	uint32_t source, zero;
};

struct patch_table {
	struct patch_row *rows;
	uint64_t *starts; /* of each row in the tar */
	uint32_t count;
	uint64_t own_size, tar_size, base_size;
};

struct patch_place {
	enum patch_source source;
	uint64_t offset;
};

/* Fails with "patch": EINVAL where the file is damaged. `table`, all zero before, is to be freed in any case. */
int patch_table_read(const char *path, struct patch_table *table, struct err *e);
void patch_table_free(struct patch_table *table);
/* Where these bytes of the tar lie. False when they do not lie in one piece. */
bool patch_table_place(const struct patch_table *table, uint64_t offset, uint64_t size, struct patch_place *place);
