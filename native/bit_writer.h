/* Bits in the order of DEFLATE (RFC 1951, 3.1.1): the lowest of a byte first. */
#pragma once
#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bit_writer {
	uint8_t *out; /* eight bytes more than are used can be written */
	size_t used;
	uint64_t bits;
	unsigned count;
};

static inline void bits_put(struct bit_writer *w, uint64_t value, unsigned count)
{
	w->bits |= value << w->count;
	w->count += count;
}

/* At most 7 bits stay, so that 56 fit. */
static inline void bits_flush(struct bit_writer *w)
{
	uint64_t bytes = htole64(w->bits);
	memcpy(w->out + w->used, &bytes, sizeof bytes);
	w->used += w->count / 8;
	w->bits >>= w->count & ~7u;
	w->count &= 7;
}

static inline void bits_fill_byte(struct bit_writer *w)
{
	w->count = (w->count + 7) & ~7u;
	bits_flush(w);
}
