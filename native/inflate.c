/* Members of a gzip file (RFC 1952), as many as there are. */
#include "inflate.h"

#include <stdbool.h>

#include "crc32.h"
#include "inflate_stream.h"
#include "util.h"

static int byte(struct inflate_stream *s, uint8_t *value)
{
	if (ahead(s)) return -1;
	*value = *s->bits.in++;
	s->sum = crc32_more(s->sum, value, 1);
	return 0;
}

static int number(struct inflate_stream *s, unsigned bytes, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t part;
		if (byte(s, &part)) return -1;
		*value |= (uint32_t)part << 8 * i;
	}
	return 0;
}

static int skip_text(struct inflate_stream *s)
{
	uint8_t value;
	do {
		if (byte(s, &value)) return -1;
	} while (value);
	return 0;
}

/* RFC 1952, 2.3.1; the magic has been read. */
static int header(struct inflate_stream *s)
{
	enum { CHECK = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0 };
	uint8_t method, flags, value;
	uint32_t ignored, extra = 0;
	if (byte(s, &method) || byte(s, &flags) || number(s, 4, &ignored) || number(s, 2, &ignored)) return -1;
	if (method != 8 || flags & RESERVED) return inflate_bad();
	if (flags & EXTRA && number(s, 2, &extra)) return -1;
	while (extra--)
		if (byte(s, &value)) return -1;
	if (flags & NAME && skip_text(s)) return -1;
	if (flags & COMMENT && skip_text(s)) return -1;
	/* The low half of what the CRC of the header is without this. */
	uint32_t sum = s->sum & 0xffff, told = sum;
	if (flags & CHECK && number(s, 2, &told)) return -1;
	return told == sum ? 0 : inflate_bad();
}

static int member(struct inflate_stream *s)
{
	uint32_t sum, size;
	s->size = 0;
	s->oldest = s->out;
	if (header(s)) return -1;
	s->sum = 0;
	if (inflate_blocks(s)) return -1;
	to_bytes(s);
	if (inflate_send(s)) return -1;
	const uint32_t found = s->sum;
	if (number(s, 4, &sum) || number(s, 4, &size)) return -1;
	/* The last bytes were none of the input. */
	if ((size_t)(s->in_end - s->bits.in) < s->padding) return errno = EPIPE, -1;
	return sum == found && size == (uint32_t)s->size ? 0 : inflate_bad();
}

/* 1 when a member begins, 0 at the end of the input or before zeros. */
static int begins(struct inflate_stream *s, bool first)
{
	uint8_t a, b;
	s->sum = 0;
	if (ahead(s)) return -1;
	/* Of the input itself nothing is left. */
	if ((size_t)(s->in_end - s->bits.in) <= s->padding) return first ? (errno = EPIPE, -1) : 0;
	if (byte(s, &a)) return -1;
	if (a == 0 && !first) return 0;
	if (byte(s, &b)) return -1;
	return a == 0x1f && b == 0x8b ? 1 : inflate_bad();
}

static int members(struct inflate_stream *s)
{
	int found = begins(s, true);
	while (found > 0) {
		if (member(s)) return -1;
		found = begins(s, false);
	}
	return found;
}

int inflate_members(const struct inflate_ends *ends)
{
	CLEANUP_FREE struct inflate_stream *s = xcalloc(1, sizeof *s);
	s->ends = ends;
	s->bits.in = s->in_end = s->input;
	s->out = s->unsent = s->oldest = s->window;
	return members(s);
}
