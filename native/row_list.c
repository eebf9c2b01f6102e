#include "row_list.h"

#include "util.h"

/* Breadth first, so that children stand together: src/store/layer/index-arrange.ts. */
static void put_rows(const struct row_list *x, struct bytes *out)
{
	CLEANUP_FREE uint32_t *starts = xcalloc(x->count, sizeof *starts);
	CLEANUP_FREE uint32_t *filled = xcalloc(x->count, sizeof *filled);
	CLEANUP_FREE uint32_t *children = xcalloc(x->count, sizeof *children);
	CLEANUP_FREE uint32_t *order = xcalloc(x->count, sizeof *order);
	uint32_t end = 1;
	for (uint32_t row = 0, next = 0; row < x->count; row++) {
		starts[row] = filled[row] = next;
		next += x->rows[row].child_count;
	}
	for (uint32_t row = 1; row < x->count; row++) children[filled[x->rows[row].first_child]++] = row;
	for (uint32_t place = 0; place < x->count; place++) {
		struct row row = x->rows[order[place]];
		row.first_child = end;
		for (uint32_t i = 0; i < row.child_count; i++) order[end++] = children[starts[order[place]] + i];
		bytes_add(out, &row, sizeof row);
	}
}

void row_list_encode(const struct row_list *x, struct bytes *out)
{
	bytes_add(out, INDEX_MAGIC, 8);
	bytes_u32(out, x->has_root ? x->count : x->count - 1);
	bytes_u32(out, x->count);
	bytes_u32(out, (uint32_t)x->names.used);
	bytes_u32(out, (uint32_t)x->extras.used);
	bytes_u32(out, x->has_root);
	bytes_u32(out, 0);
	put_rows(x, out);
	bytes_add(out, x->names.data, x->names.used);
	bytes_add(out, x->extras.data, x->extras.used);
}
