#include "index_rows.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "util.h"

enum { HEADER = 32, DIGEST = 32, LONGEST_NAME = 255 };

static int damaged(const char *path, struct err *e) { return fail_with(e, EINVAL, "index", "%s", path); }

static int read_file(const char *path, char **bytes, size_t *size, struct err *e)
{
	struct stat st;
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) return fail(e, "index", "%s", path);
	*size = (size_t)st.st_size;
	*bytes = xmalloc(*size + 1);
	ssize_t got = read_all(fd, *bytes, *size);
	if (got < 0) return fail(e, "index", "%s", path);
	return (size_t)got == *size ? 0 : damaged(path, e);
}

static uint32_t header_number(const struct index_rows *x, size_t i)
{
	uint32_t number;
	memcpy(&number, x->bytes + 8 + 4 * i, sizeof number);
	return number;
}

/* The parts of the file, which are all of it. */
static bool find_parts(struct index_rows *x, size_t size)
{
	if (size < HEADER || memcmp(x->bytes, INDEX_MAGIC, 8) != 0) return false;
	uint64_t names = HEADER + (uint64_t)header_number(x, 1) * sizeof(struct row), extras = names + header_number(x, 2);
	x->count = header_number(x, 1);
	x->has_root = header_number(x, 4) == 1;
	if (!x->count || size != extras + header_number(x, 3) || header_number(x, 0) != x->count - !x->has_root) return false;
	x->rows = (const struct row *)(const void *)(x->bytes + HEADER);
	x->names = x->bytes + names;
	x->extras = x->bytes + extras;
	return true;
}

/* Every row but the first is the child of at most one other, which stands before it. */
static bool check_rows(const struct index_rows *x)
{
	uint64_t names = header_number(x, 2), extras = header_number(x, 3), children = 0;
	for (uint32_t i = 0; i < x->count; i++) {
		const struct row *row = &x->rows[i];
		children += row->child_count;
		if (row->type > SOCKET || row->name_length > LONGEST_NAME || (!row->name_length && i)) return false;
		if ((uint64_t)row->name_offset + row->name_length > names) return false;
		if ((uint64_t)row->extras_offset + row->extras_length > extras) return false;
		if (row->first_child <= i || (uint64_t)row->first_child + row->child_count > x->count) return false;
	}
	return children < x->count;
}

int index_rows_read(const char *path, struct index_rows *rows, struct err *e)
{
	size_t size = 0;
	if (read_file(path, &rows->bytes, &size, e)) return -1;
	return find_parts(rows, size) && check_rows(rows) ? 0 : damaged(path, e);
}

void index_rows_free(struct index_rows *rows) { free(rows->bytes); }

static const char *take(const char **at, size_t *left, size_t size)
{
	if (*left < size) return NULL;
	const char *taken = *at;
	*at += size;
	*left -= size;
	return taken;
}

static const char *take_text(const char **at, size_t *left, uint16_t *length)
{
	const char *size = take(at, left, sizeof *length);
	if (!size) return NULL;
	memcpy(length, size, sizeof *length);
	return take(at, left, *length);
}

static bool take_number(const char **at, size_t *left, uint32_t *number)
{
	const char *bytes = take(at, left, sizeof *number);
	if (bytes) memcpy(number, bytes, sizeof *number);
	return bytes;
}

bool index_row_extras(const struct index_rows *rows, const struct row *row, struct row_extras *extras)
{
	const char *at = rows->extras + row->extras_offset;
	size_t left = row->extras_length;
	uint16_t length;
	*extras = (struct row_extras){0};
	if ((row->flags & ROW_DIGEST) && !take(&at, &left, DIGEST)) return false;
	if ((row->flags & ROW_LINK) && !(extras->target = take_text(&at, &left, &extras->target_length))) return false;
	if ((row->flags & ROW_HARDLINK) && !take_text(&at, &left, &length)) return false;
	if ((row->flags & ROW_INODE) && !take_text(&at, &left, &length)) return false;
	if (row->type != CHARACTER && row->type != BLOCK) return true;
	return take_number(&at, &left, &extras->major) && take_number(&at, &left, &extras->minor);
}
