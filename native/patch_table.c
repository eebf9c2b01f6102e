#include "patch_table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sha256.h"
#include "util.h"

enum { TRAILER = 512, PATCH_BLOCK = 512, VERSION_AT = 8, ROWS_AT = 12, SIZES_AT = 16, SUM_AT = 72, TRAILER_END = 104, ROWS_MAX = 4 << 20 };

static int damaged(const char *path, struct err *e) { return fail_with(e, EINVAL, "patch", "%s", path); }

static bool read_at(int fd, void *bytes, size_t size, uint64_t from)
{
	return lseek(fd, (off_t)from, SEEK_SET) == (off_t)from && read_all(fd, bytes, size) == (ssize_t)size;
}

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return value;
}

/* Own bytes, the table and the trailer are all of the file. */
static bool read_trailer(const uint8_t *trailer, uint64_t size, struct patch_table *table)
{
	uint64_t sizes[3];
	memcpy(sizes, trailer + SIZES_AT, sizeof sizes);
	table->count = get32(trailer + ROWS_AT);
	table->own_size = sizes[0];
	table->tar_size = sizes[1];
	table->base_size = sizes[2];
	if (memcmp(trailer, "tsbpatch", VERSION_AT) != 0 || get32(trailer + VERSION_AT) != 1 || table->count > ROWS_MAX) return false;
	for (size_t i = TRAILER_END; i < TRAILER; i++)
		if (trailer[i]) return false;
	uint64_t table_size = (uint64_t)table->count * sizeof(struct patch_row);
	return table->own_size <= size && size - table->own_size == table_size + TRAILER;
}

/* Rows follow one another in the tar, and those of the patch's own bytes in the patch as well. */
static bool check_rows(struct patch_table *table)
{
	uint64_t tar = 0, own = 0;
	for (uint32_t i = 0; i < table->count; i++) {
		const struct patch_row *row = &table->rows[i];
		if (row->source > PATCH_OWN || row->zero || !row->size || (row->size | row->from) % PATCH_BLOCK) return false;
		if (row->size > table->tar_size - tar) return false;
		if (row->source == PATCH_BASE && (row->from > table->base_size || row->size > table->base_size - row->from)) return false;
		if (row->source == PATCH_OWN && row->from != own) return false;
		if (row->source == PATCH_OWN) own += row->size;
		table->starts[i] = tar;
		tar += row->size;
	}
	return tar == table->tar_size && own == table->own_size;
}

static bool read_rows(int fd, const uint8_t *trailer, struct patch_table *table)
{
	struct sha256 sum;
	uint8_t digest[SHA256_SIZE];
	size_t size = table->count * sizeof *table->rows;
	table->rows = xmalloc(size + 1);
	table->starts = xcalloc(table->count + 1, sizeof *table->starts);
	if (!read_at(fd, table->rows, size, table->own_size)) return false;
	sha256_begin(&sum);
	sha256_add(&sum, table->rows, size);
	sha256_end(&sum, digest);
	return !memcmp(digest, trailer + SUM_AT, sizeof digest) && check_rows(table);
}

int patch_table_read(const char *path, struct patch_table *table, struct err *e)
{
	struct stat st;
	uint8_t trailer[TRAILER];
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st)) return fail(e, "patch", "%s", path);
	if (st.st_size < TRAILER || !read_at(fd, trailer, sizeof trailer, (uint64_t)st.st_size - TRAILER)) return damaged(path, e);
	return read_trailer(trailer, (uint64_t)st.st_size, table) && read_rows(fd, trailer, table) ? 0 : damaged(path, e);
}

void patch_table_free(struct patch_table *table)
{
	free(table->rows);
	free(table->starts);
}

/* The last row that does not begin behind `offset`; the first one begins at 0. */
static uint32_t row_at(const struct patch_table *table, uint64_t offset)
{
	uint32_t low = 0, high = table->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (table->starts[middle] <= offset) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

bool patch_table_place(const struct patch_table *table, uint64_t offset, uint64_t size, struct patch_place *place)
{
	if (table->count == 0) return false;
	uint32_t found = row_at(table, offset);
	const struct patch_row *row = &table->rows[found];
	uint64_t within = offset - table->starts[found];
	if (within > row->size || size > row->size - within) return false;
	*place = (struct patch_place){row->source == PATCH_OWN ? PATCH_OWN : PATCH_BASE, row->from + within};
	return true;
}
