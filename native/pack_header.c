#include "pack_header.h"

#include <string.h>

/* The byte behind the digits stays NUL. */
static void octal(uint8_t *field, size_t digits, uint64_t value)
{
	for (size_t i = digits; i--; value >>= 3) field[i] = (uint8_t)('0' + (value & 7));
}

static void name(uint8_t *field, const struct tar_name *from)
{
	if (from->size) memcpy(field, from->bytes, from->size);
}

void pack_header(uint8_t block[TAR_BLOCK], const struct tar_header *header)
{
	unsigned sum = 0;
	memset(block, 0, TAR_BLOCK);
	name(block, &header->name);
	octal(block + 100, 7, header->mode);
	octal(block + 108, 7, header->uid);
	octal(block + 116, 7, header->gid);
	octal(block + 124, 11, header->size);
	octal(block + 136, 11, header->mtime);
	memset(block + 148, ' ', 8);
	block[156] = (uint8_t)header->type;
	name(block + 157, &header->link);
	memcpy(block + 257, "ustar\0" "00", 8);
	octal(block + 329, 7, header->major);
	octal(block + 337, 7, header->minor);
	name(block + 345, &header->prefix);
	for (size_t i = 0; i < TAR_BLOCK; i++) sum += block[i];
	octal(block + 148, 6, sum);
	block[154] = 0;
}
