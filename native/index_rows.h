/* The rows of an index file, in memory and looked through: whatever names bytes or rows names some that are there. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "index_row.h"

struct index_rows {
	char *bytes; /* of the whole file */
	const struct row *rows;
	const char *names, *extras;
	uint32_t count;
	bool has_root; /* row 0 is an entry of the layer */
};

/* Fails with "index": EINVAL where the file is damaged. `rows` is to be freed in any case. */
int index_rows_read(const char *path, struct index_rows *rows, struct err *e);
void index_rows_free(struct index_rows *rows);

/* What a row has besides its fixed part, as far as somebody asks for it. */
struct row_extras {
	const char *target; /* of a symlink */
	uint16_t target_length;
	uint32_t major, minor; /* of a device */
};
/* False when they are cut off. */
bool index_row_extras(const struct index_rows *rows, const struct row *row, struct row_extras *extras);
