#include "deflate_block.h"

#include <string.h>

#include "prefix_code.h"

#define LITLENS 286u
#define DISTANCES 30u
#define END_OF_BLOCK 256u
#define HEADER_CODES 19u
#define STORED_MOST 0xffffu
#define NO_DISTANCE 63u /* what a literal has in its place: no bits */

/* RFC 1951, 3.2.7 */
static const uint8_t header_order[HEADER_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

struct code {
	uint32_t frequencies[PREFIX_SYMBOLS];
	uint8_t lengths[PREFIX_SYMBOLS];
	uint16_t codes[PREFIX_SYMBOLS];
};

/* A symbol with the bits that follow it. */
struct symbol {
	unsigned symbol, extra_bits;
	uint32_t extra;
};

static inline unsigned highest_bit(uint32_t value) { return 31u - (unsigned)__builtin_clz(value); }

/* RFC 1951, 3.2.5: groups of four (lengths) and two (distances), each with one more bit than the group before. */
static struct symbol length_symbol(uint32_t length)
{
	uint32_t value = length - 3;
	if (length == DEFLATE_MOST) return (struct symbol){285, 0, 0};
	if (value < 8) return (struct symbol){257 + value, 0, 0};
	unsigned bits = highest_bit(value) - 2;
	return (struct symbol){257 + 4 * bits + (value >> bits), bits, value & ((1u << bits) - 1)};
}

static const uint8_t distance_bits[NO_DISTANCE + 1] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,	4,  4,	5,  5,	6,
						       6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

/* Of a literal NO_DISTANCE: without a branch, since nobody can foretell whether the next item is one. */
static inline uint32_t distance_symbol(deflate_item item)
{
	uint32_t value = item / ITEM_KINDS - 1;
	unsigned bits = highest_bit(value | 2) - 1;
	return 2 * bits + (value >> bits);
}

/* Bits that follow symbols, in all. */
static size_t count_symbols(const struct deflate_block *block, struct code *litlens, struct code *distances)
{
	uint32_t kinds[ITEM_KINDS] = {0}, symbols[NO_DISTANCE + 1] = {0};
	size_t extra = 0;
	for (size_t i = 0; i < block->count; i++) {
		kinds[block->items[i] % ITEM_KINDS]++;
		symbols[distance_symbol(block->items[i])]++;
	}
	memcpy(litlens->frequencies, kinds, 256 * sizeof *kinds);
	memcpy(distances->frequencies, symbols, DISTANCES * sizeof *symbols);
	for (uint32_t length = DEFLATE_LEAST; length <= DEFLATE_MOST; length++) {
		struct symbol symbol = length_symbol(length);
		litlens->frequencies[symbol.symbol] += kinds[deflate_match(length, 0)];
		extra += (size_t)kinds[deflate_match(length, 0)] * symbol.extra_bits;
	}
	for (unsigned i = 0; i < DISTANCES; i++) extra += (size_t)symbols[i] * distance_bits[i];
	litlens->frequencies[END_OF_BLOCK]++;
	return extra;
}

static size_t make_code(struct code *code, unsigned count, unsigned limit)
{
	size_t bits = 0;
	prefix_lengths(code->frequencies, count, limit, code->lengths);
	prefix_codes(code->lengths, count, code->codes);
	for (unsigned i = 0; i < count; i++) bits += (size_t)code->frequencies[i] * code->lengths[i];
	return bits;
}

struct header {
	unsigned litlens, distances, lengths;
	struct symbol symbols[LITLENS + DISTANCES];
	unsigned count;
	struct code code;
};

static void add_symbol(struct header *header, unsigned symbol, unsigned extra_bits, uint32_t extra)
{
	header->symbols[header->count++] = (struct symbol){symbol, extra_bits, extra};
	header->code.frequencies[symbol]++;
}

/* RFC 1951, 3.2.7: 16 repeats the last length 3 to 6 times, 17 and 18 stand for 3 to 10 and 11 to 138 zeros. */
static void add_run(struct header *header, unsigned length, unsigned run)
{
	if (length) {
		add_symbol(header, length, 0, 0);
		run--;
	}
	while (run >= 3) {
		unsigned most = length ? 6 : 138;
		unsigned part = run < most ? run : most;
		if (length) add_symbol(header, 16, 2, part - 3);
		else if (part < 11) add_symbol(header, 17, 3, part - 3);
		else add_symbol(header, 18, 7, part - 11);
		run -= part;
	}
	while (run--) add_symbol(header, length, 0, 0);
}

/* Bits of the header. */
static size_t make_header(struct header *header, const struct code *litlens, const struct code *distances)
{
	uint8_t all[LITLENS + DISTANCES];
	header->litlens = LITLENS;
	header->distances = DISTANCES;
	while (header->litlens > 257 && !litlens->lengths[header->litlens - 1]) header->litlens--;
	while (header->distances > 1 && !distances->lengths[header->distances - 1]) header->distances--;
	memcpy(all, litlens->lengths, header->litlens);
	memcpy(all + header->litlens, distances->lengths, header->distances);
	unsigned total = header->litlens + header->distances;
	for (unsigned from = 0, to; from < total; from = to) {
		for (to = from + 1; to < total && all[to] == all[from]; to++) continue;
		add_run(header, all[from], to - from);
	}
	size_t bits = 5 + 5 + 4 + make_code(&header->code, HEADER_CODES, 7);
	header->lengths = HEADER_CODES;
	while (header->lengths > 4 && !header->code.lengths[header_order[header->lengths - 1]]) header->lengths--;
	for (unsigned i = 0; i < header->count; i++) bits += header->symbols[i].extra_bits;
	return bits + 3u * header->lengths;
}

static inline void put_symbol(struct bit_writer *w, const struct code *code, struct symbol s)
{
	bits_put(w, code->codes[s.symbol] | (uint64_t)s.extra << code->lengths[s.symbol],
	    code->lengths[s.symbol] + s.extra_bits);
}

static void write_header(struct bit_writer *w, const struct header *header, bool last)
{
	bits_put(w, (last ? 1u : 0u) | 2u << 1, 3);
	bits_put(w, header->litlens - 257, 5);
	bits_put(w, header->distances - 1, 5);
	bits_put(w, header->lengths - 4, 4);
	bits_flush(w);
	for (unsigned i = 0; i < header->lengths; i++) {
		bits_put(w, header->code.lengths[header_order[i]], 3);
		bits_flush(w);
	}
	for (unsigned i = 0; i < header->count; i++) {
		put_symbol(w, &header->code, header->symbols[i]);
		bits_flush(w);
	}
}

/* What is written for an item's kind, and for its distance: 20 and 28 bits at most. */
struct words {
	struct {
		uint32_t bits, count;
	} kinds[ITEM_KINDS];
	struct {
		uint16_t code;
		uint8_t length, extra_bits;
	} distances[NO_DISTANCE + 1];
};

static void make_words(struct words *words, const struct code *litlens, const struct code *distances)
{
	memset(words, 0, sizeof *words);
	for (unsigned i = 0; i < 256; i++) {
		words->kinds[i].bits = litlens->codes[i];
		words->kinds[i].count = litlens->lengths[i];
	}
	for (uint32_t length = DEFLATE_LEAST; length <= DEFLATE_MOST; length++) {
		struct symbol s = length_symbol(length);
		deflate_item kind = deflate_match(length, 0);
		words->kinds[kind].bits = litlens->codes[s.symbol] | s.extra << litlens->lengths[s.symbol];
		words->kinds[kind].count = litlens->lengths[s.symbol] + s.extra_bits;
	}
	for (unsigned i = 0; i < DISTANCES; i++) {
		words->distances[i].code = distances->codes[i];
		words->distances[i].length = distances->lengths[i];
		words->distances[i].extra_bits = distance_bits[i];
	}
}

static void write_items(struct bit_writer *writer, const struct deflate_block *block, const struct code *litlens,
			const struct code *distances)
{
	struct words words;
	struct bit_writer w = *writer;
	make_words(&words, litlens, distances);
	for (size_t i = 0; i < block->count; i++) {
		deflate_item item = block->items[i];
		uint32_t kind = item % ITEM_KINDS, symbol = distance_symbol(item);
		unsigned length = words.distances[symbol].length, extra_bits = words.distances[symbol].extra_bits;
		uint64_t extra = (item / ITEM_KINDS - 1) & ((1u << extra_bits) - 1);
		bits_put(&w, words.kinds[kind].bits, words.kinds[kind].count);
		bits_put(&w, words.distances[symbol].code | extra << length, length + extra_bits);
		bits_flush(&w);
	}
	bits_put(&w, litlens->codes[END_OF_BLOCK], litlens->lengths[END_OF_BLOCK]);
	bits_flush(&w);
	*writer = w;
}

void deflate_write_stored(struct bit_writer *w, const struct deflate_block *block)
{
	size_t at = 0;
	do {
		size_t left = block->size - at;
		uint32_t part = (uint32_t)(left < STORED_MOST ? left : STORED_MOST);
		bits_put(w, block->last && part == left, 3);
		bits_fill_byte(w);
		bits_put(w, part | (uint64_t)(part ^ STORED_MOST) << 16, 32);
		bits_flush(w);
		memcpy(w->out + w->used, block->bytes + at, part);
		w->used += part;
		at += part;
	} while (at < block->size);
}

void deflate_write_block(struct bit_writer *writer, const struct deflate_block *block)
{
	struct code litlens = {0}, distances = {0};
	struct header header = {0};
	size_t bits = 3 + count_symbols(block, &litlens, &distances);
	bits += make_code(&litlens, LITLENS, 15);
	bits += make_code(&distances, DISTANCES, 15);
	bits += make_header(&header, &litlens, &distances);
	if (bits < 8 * (block->size + 5 * (block->size / STORED_MOST + 1))) {
		write_header(writer, &header, block->last);
		write_items(writer, block, &litlens, &distances);
	} else {
		deflate_write_stored(writer, block);
	}
	if (block->last) bits_fill_byte(writer);
}
