#include "gzip_member.h"

#include <string.h>

#include "crc32.h"

#define HEADER_BYTES 10u
#define TRAILER_BYTES 8u

static void store32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

size_t gzip_bound(void) { return HEADER_BYTES + deflate_bound(GZIP_BLOCK) + TRAILER_BYTES; }

size_t gzip_member(struct deflate *coder, const uint8_t *in, uint32_t size, uint8_t *out)
{
	/* No time; of an unknown system. */
	static const uint8_t header[HEADER_BYTES] = {0x1f, 0x8b, 8, [9] = 255};
	memcpy(out, header, sizeof header);
	size_t used = HEADER_BYTES + deflate_code(coder, in, size, out + HEADER_BYTES);
	store32(out + used, crc32_of(in, size));
	store32(out + used + 4, size);
	return used + TRAILER_BYTES;
}
