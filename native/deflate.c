#include "deflate.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#include "deflate_block.h"
#include "flat_bytes.h"
#include "util.h"

#define WINDOW 32768u
#define HASH_BITS 16u
#define LEAST 4u /* shortest match that is looked for */
#define BLOCK_ITEMS 16384u
/* So many literals without a match between them are taken for noise: then not every place is looked at. */
#define NOISE 256u
#define NOISE_SHIFT 6u
#define NOISE_STEP 32u
/* After more of them, a stretch whose bytes are all about as frequent is stored; not less of it than NOISE_LEAST. */
#define NOISE_SURE 2048u
#define NOISE_STRETCH 16384u
#define NOISE_LEAST 4096u
_Static_assert(NOISE_STRETCH % NOISE_STEP == 0, "the end of a stretch is reached");

/* How hard matches are looked for. */
struct effort {
	uint16_t depth;	 /* places that are compared */
	uint16_t enough; /* a match of this length is taken without comparing more */
	uint16_t lazy;	 /* behind a match below this length a better one is looked for, one byte on */
};

static const struct effort efforts[DEFLATE_LEVELS] = {
    {2, 16, 0},	  {4, 24, 8},	  {6, 32, 12},	  {8, 40, 32},	   {20, 64, 40},
    {32, 96, 64}, {64, 128, 128}, {128, 258, 258}, {1024, 258, 258},
};

struct deflate {
	struct effort effort;
	const uint8_t *bytes;
	size_t size;
	/* Where four bytes with that hash were last, and where before each place: one more than the place, 0 for nowhere. */
	uint32_t last[1u << HASH_BITS];
	uint32_t before[WINDOW];
	deflate_item items[BLOCK_ITEMS];
	size_t count;
	size_t block_start;
	size_t unmatched; /* literals since the last match */
	size_t looked_at; /* up to here it is known that no stretch of noise begins */
	struct bit_writer writer;
};

struct match {
	uint32_t length, distance;
};

struct deflate *deflate_open(unsigned level)
{
	struct deflate *coder = xcalloc(1, sizeof *coder);
	coder->effort = efforts[level - 1];
	return coder;
}

/* Blocks that are longer than their bytes are stored; of two that follow each other one has NOISE_LEAST bytes, but for the last. */
size_t deflate_bound(size_t size) { return size + 16 * (size / NOISE_LEAST + 2) + sizeof(uint64_t); }

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t value;
	memcpy(&value, p, sizeof value);
	return le32toh(value);
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t value;
	memcpy(&value, p, sizeof value);
	return le64toh(value);
}

/* Equal bytes at the start. */
static inline uint32_t common(const uint8_t *a, const uint8_t *b, uint32_t most)
{
	uint32_t length = 0;
	for (; length + 8 <= most; length += 8) {
		uint64_t difference = load64(a + length) ^ load64(b + length);
		if (difference) return length + (uint32_t)__builtin_ctzll(difference) / 8;
	}
	while (length < most && a[length] == b[length]) length++;
	return length;
}

/* With four bytes behind the place at least. */
static inline uint32_t hash_of(const struct deflate *d, size_t at)
{
	return load32(d->bytes + at) * 0x9e3779b1u >> (32 - HASH_BITS);
}

/* Notes a place; where the same hash was before. */
static inline uint32_t note(struct deflate *d, size_t at)
{
	uint32_t hash = hash_of(d, at);
	uint32_t before = d->last[hash];
	d->before[at % WINDOW] = before;
	d->last[hash] = (uint32_t)at + 1;
	return before;
}

/* The longest match at a place that is longer than `floor` (3 at least), along the chain from `next` on; length 0 for none. */
static struct match find(const struct deflate *d, size_t at, uint32_t next, uint32_t floor, unsigned depth)
{
	const uint8_t *here = d->bytes + at;
	size_t left = d->size - at;
	uint32_t most = left < DEFLATE_MOST ? (uint32_t)left : DEFLATE_MOST;
	/* Not what has the same place in the ring. */
	size_t oldest = at >= WINDOW ? at - WINDOW + 1 : 0;
	struct match best = {0, 0};
	if (most <= floor) return best;
	for (; next > oldest && depth; depth--) {
		const uint8_t *there = d->bytes + next - 1;
		/* Only what is equal at the end can be longer. */
		if (load32(there + floor - 3) == load32(here + floor - 3) && load32(there) == load32(here)) {
			uint32_t length = common(here, there, most);
			if (length > floor) {
				best = (struct match){length, (uint32_t)(here - there)};
				floor = length;
				if (length >= d->effort.enough || length == most) break;
			}
		}
		next = d->before[(next - 1) % WINDOW];
	}
	return best;
}

static void write_block(struct deflate *d, size_t end, bool last)
{
	deflate_write_block(&d->writer, &(struct deflate_block){d->items, d->count, d->bytes + d->block_start,
								end - d->block_start, last});
	d->count = 0;
	d->block_start = end;
}

/* `end` is where what the items say ends. */
static inline void add(struct deflate *d, deflate_item item, size_t end)
{
	d->items[d->count++] = item;
	if (d->count == BLOCK_ITEMS && end < d->size) write_block(d, end, false);
}

/* A later match must save more than the literal before it costs; a nearer one costs less. */
static bool is_better(struct match later, struct match match)
{
	if (!later.length) return false;
	int nearer = __builtin_clz(later.distance) - __builtin_clz(match.distance);
	return 4 * ((int)later.length - (int)match.length) + nearer > 2;
}

static bool has_four(const struct deflate *d, size_t at) { return d->size - at >= LEAST; }

/* Puts the match off while the next byte begins a better one. The place behind the match. */
static size_t take_match(struct deflate *d, size_t at, struct match match)
{
	size_t noted = at + 1;
	while (match.length < d->effort.lazy && has_four(d, at + 1)) {
		uint32_t next = note(d, at + 1);
		noted = at + 2;
		struct match later = find(d, at + 1, next, match.length > 4 ? match.length - 1 : 3, d->effort.depth / 2u + 1);
		if (!is_better(later, match)) break;
		add(d, d->bytes[at], at + 1);
		at++;
		match = later;
	}
	size_t end = at + match.length;
	add(d, deflate_match(match.length, match.distance), end);
	for (; noted < end && has_four(d, noted); noted++) (void)note(d, noted);
	return end;
}

static size_t add_plain(struct deflate *d, size_t at, size_t end)
{
	for (; at < end; at++) add(d, d->bytes[at], at + 1);
	return at;
}

/* More of them the longer there was no match. */
static size_t add_literals(struct deflate *d, size_t at)
{
	size_t step = d->unmatched < NOISE ? 1 : 1 + ((d->unmatched - NOISE) >> NOISE_SHIFT);
	if (step > NOISE_STEP) step = NOISE_STEP;
	if (step > d->size - at) step = d->size - at;
	d->unmatched += step;
	return add_plain(d, at, at + step);
}

/* The end of a stretch of noise that begins at a place, with four bytes behind it; the same place where none does. */
static size_t noise_end(struct deflate *d, size_t at)
{
	bool fits = at >= d->looked_at && d->size - at >= NOISE_STRETCH + LEAST;
	if (!fits) return at;
	d->looked_at = at + NOISE_STRETCH;
	return flat_bytes(d->bytes + at, NOISE_STRETCH) ? d->looked_at : at;
}

/* The place behind noise that begins here, up to where something repeats; the same place where none does. */
static size_t store_noise(struct deflate *d, size_t at)
{
	size_t start = at, end = noise_end(d, at);
	for (; at < end && !find(d, at, d->last[hash_of(d, at)], LEAST - 1, 1).length; at += NOISE_STEP) {
		(void)note(d, at);
		if (at + NOISE_STEP >= end) end = noise_end(d, end);
	}
	if (at - start < NOISE_LEAST) return add_plain(d, start, at);
	if (start > d->block_start) write_block(d, start, false);
	deflate_write_stored(&d->writer, &(struct deflate_block){.bytes = d->bytes + start, .size = at - start});
	d->block_start = at;
	return at;
}

size_t deflate_code(struct deflate *d, const uint8_t *bytes, size_t size, uint8_t *out)
{
	memset(d->last, 0, sizeof d->last);
	d->bytes = bytes;
	d->size = size;
	d->count = d->block_start = d->unmatched = d->looked_at = 0;
	d->writer = (struct bit_writer){.out = out};
	for (size_t at = 0; at < size;) {
		struct match match = {0, 0};
		if (has_four(d, at)) match = find(d, at, note(d, at), LEAST - 1, d->effort.depth);
		if (match.length) {
			d->unmatched = 0;
			at = take_match(d, at, match);
		} else {
			at = add_literals(d, at);
			if (d->unmatched >= NOISE_SURE) at = store_noise(d, at);
		}
	}
	write_block(d, size, true);
	return d->writer.used;
}
