/*
 * The file: a line that says what it is, then items: a letter, 16 bits of count, and for each field 32 bits of size and the bytes.
 * A dot is the last one: what is cut off is not begun.
 */
#include "recipe.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

#define LARGEST (8 << 20)

static const char mark[] = "tsbuild recipe 1\n";

/* Nobody but our user may have written it, as with the store that it lies in. */
static bool is_ours(int fd, struct stat *st)
{
	return !fstat(fd, st) && S_ISREG(st->st_mode) && st->st_uid == geteuid() && !(st->st_mode & 022) && st->st_size <= LARGEST;
}

static bool take_number(struct recipe *r, unsigned bytes, size_t *value)
{
	if (r->size - r->at < bytes) return false;
	*value = 0;
	for (unsigned i = 0; i < bytes; i++) *value |= (size_t)(uint8_t)r->bytes[r->at + i] << (8 * i);
	r->at += bytes;
	return true;
}

bool recipe_next(struct recipe *r)
{
	struct recipe_item *item = &r->item;
	if (r->at >= r->size) return false;
	item->operation = r->bytes[r->at++];
	if (!take_number(r, 2, &item->count)) return false;
	if (item->count > item->room) {
		item->room = item->count;
		item->fields = xrealloc(item->fields, item->room * sizeof *item->fields);
	}
	for (size_t i = 0; i < item->count; i++) {
		size_t size;
		if (!take_number(r, 4, &size) || r->size - r->at < size) return false;
		item->fields[i] = (struct recipe_text){.bytes = r->bytes + r->at, .size = size};
		r->at += size;
	}
	return true;
}

void recipe_rewind(struct recipe *r) { r->at = sizeof mark - 1; }

static bool is_whole(struct recipe *r)
{
	bool whole = true;
	while (whole && r->at < r->size) whole = recipe_next(r);
	whole = whole && r->item.operation == '.';
	recipe_rewind(r);
	return whole;
}

bool recipe_open(struct recipe *r, const char *path)
{
	struct stat st;
	*r = (struct recipe){0};
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || !is_ours(fd, &st)) return false;
	r->bytes = xmalloc((size_t)st.st_size);
	ssize_t size = read_all(fd, r->bytes, (size_t)st.st_size);
	r->size = size < 0 ? 0 : (size_t)size;
	recipe_rewind(r);
	if (r->size >= r->at && !memcmp(r->bytes, mark, r->at) && is_whole(r)) return true;
	recipe_close(r);
	return false;
}

void recipe_close(struct recipe *r)
{
	free(r->bytes);
	free(r->item.fields);
	*r = (struct recipe){0};
}
