#include "image_names.h"

#include <string.h>

#include "util.h"

enum { BLOCK_SIZE = 512 };

static int compare(const void *a, const void *b)
{
	const struct image_name *x = a, *y = b;
	int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
	return order ? order : (int)x->length - (int)y->length;
}

void image_names_of(struct image_names *names, const struct index_rows *rows, const struct row *directory)
{
	size_t count = (size_t)directory->child_count + 2;
	if (names->room < count) names->items = xrealloc(names->items, (names->room = count) * sizeof *names->items);
	names->count = count;
	names->items[0] = (struct image_name){.text = ".", .length = 1, .row = IMAGE_SELF};
	names->items[1] = (struct image_name){.text = "..", .length = 2, .row = IMAGE_ABOVE};
	bool sorted = true;
	for (size_t i = 2; i < count; i++) {
		uint32_t row = directory->first_child + (uint32_t)(i - 2);
		const struct row *child = &rows->rows[row];
		names->items[i] = (struct image_name){.text = rows->names + child->name_offset, .length = child->name_length, .row = row};
		sorted = sorted && compare(&names->items[i - 1], &names->items[i]) < 0;
	}
	if (!sorted) qsort(names->items, count, sizeof *names->items, compare);
}

static size_t length_of(const struct image_name *name) { return IMAGE_DIRENT + (size_t)name->length; }

size_t image_names_block(const struct image_names *names, size_t from)
{
	size_t used = 0, end = from;
	while (end < names->count && used + length_of(&names->items[end]) <= BLOCK_SIZE) used += length_of(&names->items[end++]);
	return end;
}

uint64_t image_names_size(const struct image_names *names)
{
	uint64_t full = 0, used = 0;
	for (size_t i = 0; i < names->count; i++) {
		size_t length = length_of(&names->items[i]);
		if (used + length > BLOCK_SIZE) {
			full += BLOCK_SIZE;
			used = 0;
		}
		used += length;
	}
	return full + used;
}

void image_names_free(struct image_names *names) { free(names->items); }
