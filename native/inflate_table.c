#include "inflate_table.h"

#include <string.h>

enum { LONGEST = 15, MOST_SYMBOLS = 288 };

/* RFC 1951, 3.2.5. */
static uint32_t length_entry(unsigned symbol)
{
	static const uint16_t base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
					31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
	static const uint8_t extra[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
	if (symbol < 256) return ENTRY_LITERAL | symbol << 16;
	if (symbol == 256) return ENTRY_SPECIAL | SPECIAL_END << 16;
	symbol -= 257;
	if (symbol >= sizeof extra) return ENTRY_SPECIAL | SPECIAL_INVALID << 16;
	return (uint32_t)extra[symbol] << 8 | (uint32_t)base[symbol] << 16;
}

static uint32_t distance_entry(unsigned symbol)
{
	if (symbol >= 30) return ENTRY_SPECIAL | SPECIAL_INVALID << 16;
	if (symbol < 4) return (symbol + 1) << 16;
	unsigned extra = symbol / 2 - 1;
	return extra << 8 | (((2 | (symbol & 1)) << extra) + 1) << 16;
}

static uint32_t entry_of(enum code_kind kind, unsigned symbol)
{
	if (kind == CODE_LENGTHS) return length_entry(symbol);
	return kind == CODE_DISTANCES ? distance_entry(symbol) : ENTRY_LITERAL | symbol << 16;
}

struct builder {
	uint32_t *table;
	size_t used, room;
	unsigned primary, longest;
	unsigned left[LONGEST + 1]; /* codes of each length still to come */
	unsigned sub_bits;
	size_t sub_at;
	unsigned sub_prefix;
};

/* A subtable for all codes that begin with these bits: as large as the longest of them needs. */
static int open_subtable(struct builder *b, unsigned prefix, unsigned length)
{
	unsigned bits = length - b->primary, free_codes = 1u << bits;
	while (bits + b->primary < b->longest) {
		unsigned here = b->left[bits + b->primary];
		if (here >= free_codes) break;
		free_codes = (free_codes - here) * 2;
		bits++;
	}
	if (b->used + ((size_t)1 << bits) > b->room) return -1;
	b->sub_at = b->used;
	b->sub_bits = bits;
	b->sub_prefix = prefix;
	b->used += (size_t)1 << bits;
	b->table[prefix] = ENTRY_SUBTABLE | b->primary | bits << 8 | (uint32_t)b->sub_at << 16;
	return 0;
}

static int place(struct builder *b, uint32_t entry, unsigned reversed, unsigned length)
{
	if (length <= b->primary) {
		for (unsigned i = reversed; i < 1u << b->primary; i += 1u << length) b->table[i] = entry | length;
		return 0;
	}
	unsigned prefix = reversed & ((1u << b->primary) - 1);
	if (b->sub_prefix != prefix && open_subtable(b, prefix, length)) return -1;
	for (unsigned i = reversed >> b->primary; i < 1u << b->sub_bits; i += 1u << (length - b->primary))
		b->table[b->sub_at + i] = entry | length;
	return 0;
}

/* The next code of this length or a longer one, with its bits the other way round. */
static unsigned next_code(unsigned reversed, unsigned length)
{
	unsigned bit = 1u << (length - 1);
	while (bit && reversed & bit) bit >>= 1;
	return bit ? (reversed & (bit - 1)) | bit : 0;
}

/* Whether the lengths are those of a code; one code of one bit may stand alone (RFC 1951, 3.2.7), and none at all. */
static int check(const unsigned *counts, enum code_kind kind)
{
	int left = 1;
	unsigned all = 0;
	for (unsigned length = 1; length <= LONGEST; length++) {
		left = left * 2 - (int)counts[length];
		if (left < 0) return -1;
		all += counts[length];
	}
	if (left == 0) return 0;
	return kind != CODE_PRECODE && all == counts[1] && all <= 1 ? 0 : -1;
}

int inflate_table(uint32_t *table, enum code_kind kind, const uint8_t *lengths, unsigned count)
{
	static const unsigned primaries[] = {LENGTH_BITS, DISTANCE_BITS, PRECODE_BITS};
	static const size_t rooms[] = {LENGTH_ROOM, DISTANCE_ROOM, PRECODE_ROOM};
	struct builder b = {.table = table, .room = rooms[kind], .primary = primaries[kind], .sub_prefix = ~0u};
	uint16_t sorted[MOST_SYMBOLS];
	unsigned at[LONGEST + 2] = {0};
	for (unsigned i = 0; i < count; i++) b.left[lengths[i]]++;
	b.left[0] = 0;
	if (check(b.left, kind)) return -1;
	for (unsigned length = 1; length <= LONGEST; length++) {
		at[length + 1] = at[length] + b.left[length];
		if (b.left[length]) b.longest = length;
	}
	const unsigned all = at[LONGEST + 1];
	for (unsigned i = 0; i < count; i++)
		if (lengths[i]) sorted[at[lengths[i]]++] = (uint16_t)i;
	b.used = (size_t)1 << b.primary;
	for (size_t i = 0; i < b.used; i++) table[i] = ENTRY_SPECIAL | SPECIAL_INVALID << 16 | 1;
	unsigned reversed = 0;
	for (unsigned i = 0; i < all; i++) {
		unsigned length = lengths[sorted[i]];
		if (place(&b, entry_of(kind, sorted[i]), reversed, length)) return -1;
		b.left[length]--;
		reversed = next_code(reversed, length);
		/* With a longer code the bits stay as they are: zeros come behind them. */
	}
	return 0;
}
