#include <endian.h>
#include <errno.h>
#include <string.h>

#include "deflate.h"
#include "gzip_file.h"
#include "pack_readers.h"
#include "util.h"

static int gzip_slot(void *file, const struct slot *slot, struct err *e)
{
	return gzip_file_add(file, slot->data, slot->used, e);
}

int pack_answer(const uint8_t digest[SHA256_SIZE], uint64_t size, struct err *e)
{
	uint8_t end[SHA256_SIZE + sizeof size];
	uint64_t number = htole64(size);
	memcpy(end, digest, SHA256_SIZE);
	memcpy(end + SHA256_SIZE, &number, sizeof number);
	return write_all(1, end, sizeof end) ? fail(e, "write", "stdout") : 0;
}

int pack_gzip(const char *level, const struct maker *maker, struct err *e)
{
	uint8_t digest[SHA256_SIZE];
	uint64_t size;
	uint32_t number = 0;
	struct err other;
	if (parse_u32(level, &number) || number < 1 || number > DEFLATE_LEVELS)
		return fail_with(e, EINVAL, "pack", "level %s", level);
	struct gzip_file *file = gzip_file_open(number, PACK_OUT, e);
	if (!file) return -1;
	int result = maker->make(maker->self, &(struct reader){gzip_slot, file}, e);
	if (gzip_file_end(file, result != 0, digest, &size, result ? &other : e) || result) return -1;
	return pack_answer(digest, size, e);
}
