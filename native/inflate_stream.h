#pragma once
#include <endian.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "inflate.h"
#include "inflate_table.h"

/*
 * What goes in, bit by bit, and what comes out, for inflate.c and inflate_block.c. Functions are 0, or -1 with errno: EBADMSG for what
 * is not gzip, EPIPE for what is cut off, or that of the reader or writer.
 */

enum { WINDOW = 32 << 10, INPUT = 256 << 10, PIECE = 256 << 10, LONGEST_MATCH = 258, SLACK = 16 };
/* Bytes that one turn of the loop over codes may read. */
enum { AHEAD = 16 };

/* Copied where it is used in a loop, so that it stays in registers. */
struct bits {
	uint64_t next; /* the lowest come first */
	unsigned count;
	const uint8_t *in;
};

struct inflate_stream {
	const struct inflate_ends *ends;
	struct bits bits;
	const uint8_t *in_end;
	size_t padding; /* zeros behind the end of the input */
	uint8_t *out, *unsent, *oldest;
	uint32_t sum; /* CRC-32 of the header, then of what it unpacks to */
	uint64_t size; /* of this member, sent */
	uint32_t lengths[LENGTH_ROOM], distances[DISTANCE_ROOM];
	uint8_t input[8 + INPUT + AHEAD];
	uint8_t window[WINDOW + PIECE + LONGEST_MATCH + SLACK];
};

static inline int inflate_bad(void) { return errno = EBADMSG, -1; }

/* inflate_stream.c. At least AHEAD bytes of input; zeros where it has ended. */
int inflate_read_more(struct inflate_stream *s);
/* What came out goes to the writer; the window before it stays. */
int inflate_send(struct inflate_stream *s);
/* inflate_block.c. RFC 1951: blocks up to the one that is marked as the last. */
int inflate_blocks(struct inflate_stream *s);

static inline int ahead(struct inflate_stream *s) { return s->in_end - s->bits.in >= AHEAD ? 0 : inflate_read_more(s); }

static inline int room(struct inflate_stream *s) { return s->out < s->window + WINDOW + PIECE ? 0 : inflate_send(s); }

static inline void refill(struct bits *b)
{
	uint64_t next;
	memcpy(&next, b->in, sizeof next);
	b->next |= le64toh(next) << b->count;
	b->in += (63 - b->count) >> 3;
	b->count |= 56;
}

static inline uint32_t take(struct bits *b, unsigned count)
{
	uint32_t value = (uint32_t)(b->next & ((1ull << count) - 1));
	b->next >>= count;
	b->count -= count;
	return value;
}

/* Up to 32 bits. */
static inline int next_bits(struct inflate_stream *s, unsigned count, uint32_t *value)
{
	if (ahead(s)) return -1;
	refill(&s->bits);
	*value = take(&s->bits, count);
	return 0;
}

/* Bytes are read from now on: bits that were taken in too early go back. */
static inline void to_bytes(struct inflate_stream *s)
{
	s->bits.in -= s->bits.count >> 3;
	s->bits.next = 0;
	s->bits.count = 0;
}
