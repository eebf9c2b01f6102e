/*
 * Verb gzip LEVEL: pieces on stdin, each as a gzip member (RFC 1952) of its own on stdout, without time and name. In both directions a
 * piece is a u32 with its size, little-endian, and its bytes. Ends with the input; status 1 for a piece that is cut off or too large.
 */
#include <stdio.h>

#include "gzip_member.h"
#include "util.h"
#include "verbs.h"

#define SIZE_BYTES 4u

static void store32(uint8_t *to, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++) to[i] = (uint8_t)(value >> 8 * i);
}

/* 1 with the piece's size, 0 at the end of the input, -1 for what is cut off or too large. */
static int read_piece(uint8_t *in, uint32_t *size)
{
	uint8_t head[SIZE_BYTES];
	ssize_t count = read_all(0, head, sizeof head);
	if (count == 0) return 0;
	*size = head[0] | (uint32_t)head[1] << 8 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 24;
	if (count != sizeof head || *size > GZIP_BLOCK || read_all(0, in, *size) != (ssize_t)*size) return -1;
	return 1;
}

int gzip_main(int argc, char **argv)
{
	uint32_t level = 0, size = 0;
	if (argc != 2 || parse_u32(argv[1], &level) || level < 1 || level > DEFLATE_LEVELS) {
		(void)fprintf(stderr, "usage: tsbuild-native gzip 1-%u\n", DEFLATE_LEVELS);
		return 2;
	}
	struct deflate *coder = deflate_open(level);
	CLEANUP_FREE uint8_t *in = xmalloc(GZIP_BLOCK);
	CLEANUP_FREE uint8_t *out = xmalloc(SIZE_BYTES + gzip_bound());
	int got;
	while ((got = read_piece(in, &size)) > 0) {
		size_t used = gzip_member(coder, in, size, out + SIZE_BYTES);
		store32(out, (uint32_t)used);
		if (write_all(1, out, SIZE_BYTES + used)) {
			got = -1;
			break;
		}
	}
	free(coder);
	return got ? 1 : 0;
}
