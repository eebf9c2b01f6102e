/* Blocks of a deflate stream (RFC 1951). */
#include "inflate_stream.h"

/* May write SLACK bytes too many. */
static uint8_t *repeat(uint8_t *out, size_t distance, size_t length)
{
	const uint8_t *from = out - distance;
	uint8_t *end = out + length;
	if (distance == 1) {
		memset(out, *from, length);
	} else if (distance >= 8) {
		for (; out < end; out += 8, from += 8) memcpy(out, from, 8);
	} else {
		while (out < end) *out++ = *from++;
	}
	return end;
}

static inline uint32_t look_up(const uint32_t *table, unsigned primary, uint64_t bits)
{
	uint32_t entry = table[bits & ((1u << primary) - 1)];
	if (!(entry & ENTRY_SUBTABLE)) return entry;
	unsigned further = entry >> 8 & 31;
	return table[(entry >> 16) + (bits >> primary & ((1u << further) - 1))];
}

/* What stands for a length has been taken, with what follows it; as much as one look ahead allows. */
static inline uint8_t *match(const struct inflate_stream *s, struct bits *b, size_t length, uint8_t *out)
{
	uint32_t entry = look_up(s->distances, DISTANCE_BITS, b->next);
	if (entry & ENTRY_SPECIAL) return NULL;
	(void)take(b, entry & 0xff);
	size_t distance = (entry >> 16) + take(b, entry >> 8 & 31);
	return distance > (size_t)(out - s->oldest) ? NULL : repeat(out, distance, length);
}

enum { MOST_LITERALS = 3 };

/* Codes of a block as long as there are input and room: 1, or 0 at the end of the block. */
static int some_codes(struct inflate_stream *s)
{
	struct bits b = s->bits;
	uint8_t *out = s->out, *const full = s->window + WINDOW + PIECE;
	int result = 1;
	while (s->in_end - b.in >= AHEAD && out < full) {
		refill(&b);
		uint32_t entry = look_up(s->lengths, LENGTH_BITS, b.next);
		unsigned literals = 0;
		while (entry & ENTRY_LITERAL) {
			(void)take(&b, entry & 0xff);
			*out++ = (uint8_t)(entry >> 16);
			/* Behind three codes there may be too few bits for another one. */
			if (++literals == MOST_LITERALS) break;
			entry = look_up(s->lengths, LENGTH_BITS, b.next);
		}
		if (entry & ENTRY_LITERAL) continue;
		refill(&b);
		(void)take(&b, entry & 0xff);
		if (entry & ENTRY_SPECIAL) {
			result = entry >> 16 == SPECIAL_END ? 0 : inflate_bad();
			break;
		}
		size_t length = (entry >> 16) + take(&b, entry >> 8 & 31);
		uint8_t *end = match(s, &b, length, out);
		if (!end) {
			result = inflate_bad();
			break;
		}
		out = end;
	}
	s->bits = b;
	s->out = out;
	return result;
}

static int codes(struct inflate_stream *s)
{
	int result;
	do {
		if (ahead(s) || room(s)) return -1;
		result = some_codes(s);
	} while (result > 0);
	return result;
}

static int stored(struct inflate_stream *s)
{
	uint32_t length, complement;
	(void)take(&s->bits, s->bits.count & 7);
	if (next_bits(s, 16, &length) || next_bits(s, 16, &complement)) return -1;
	if ((length ^ complement) != 0xffff) return inflate_bad();
	to_bytes(s);
	while (length) {
		if (ahead(s) || room(s)) return -1;
		size_t part = (size_t)(s->in_end - s->bits.in);
		size_t free_bytes = (size_t)(s->window + WINDOW + PIECE + LONGEST_MATCH - s->out);
		if (part > length) part = length;
		if (part > free_bytes) part = free_bytes;
		memcpy(s->out, s->bits.in, part);
		s->out += part;
		s->bits.in += part;
		length -= (uint32_t)part;
	}
	return 0;
}

static int fixed_tables(struct inflate_stream *s)
{
	uint8_t lengths[288], distances[32];
	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	memset(distances, 5, sizeof distances);
	return inflate_table(s->lengths, CODE_LENGTHS, lengths, 288) ||
	       inflate_table(s->distances, CODE_DISTANCES, distances, 32) ? inflate_bad() : 0;
}

static int precode(struct inflate_stream *s, unsigned count, uint32_t *table)
{
	static const uint8_t order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	uint8_t lengths[sizeof order] = {0};
	for (unsigned i = 0; i < count; i++) {
		uint32_t length;
		if (next_bits(s, 3, &length)) return -1;
		lengths[order[i]] = (uint8_t)length;
	}
	return inflate_table(table, CODE_PRECODE, lengths, sizeof order) ? inflate_bad() : 0;
}

/* RFC 1951, 3.2.7: the lengths of both codes, as runs. */
static int read_lengths(struct inflate_stream *s, const uint32_t *table, uint8_t *lengths, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		if (ahead(s)) return -1;
		refill(&s->bits);
		uint32_t entry = look_up(table, PRECODE_BITS, s->bits.next);
		if (entry & ENTRY_SPECIAL) return inflate_bad();
		(void)take(&s->bits, entry & 0xff);
		unsigned symbol = entry >> 16, repeats = 1;
		uint8_t value = (uint8_t)symbol;
		if (symbol == 16) {
			if (done == 0) return inflate_bad();
			value = lengths[done - 1];
			repeats = 3 + take(&s->bits, 2);
		} else if (symbol > 16) {
			value = 0;
			repeats = symbol == 17 ? 3 + take(&s->bits, 3) : 11 + take(&s->bits, 7);
		}
		if (repeats > count - done) return inflate_bad();
		memset(lengths + done, value, repeats);
		done += repeats;
	}
	return 0;
}

static int dynamic_tables(struct inflate_stream *s)
{
	uint32_t length_count, distance_count, precode_count, table[PRECODE_ROOM];
	uint8_t lengths[288 + 32];
	if (next_bits(s, 5, &length_count) || next_bits(s, 5, &distance_count) || next_bits(s, 4, &precode_count)) return -1;
	length_count += 257;
	distance_count += 1;
	if (length_count > 286 || distance_count > 30) return inflate_bad();
	if (precode(s, precode_count + 4, table) || read_lengths(s, table, lengths, length_count + distance_count)) return -1;
	if (lengths[256] == 0) return inflate_bad();
	return inflate_table(s->lengths, CODE_LENGTHS, lengths, length_count) ||
	       inflate_table(s->distances, CODE_DISTANCES, lengths + length_count, distance_count) ? inflate_bad() : 0;
}

int inflate_blocks(struct inflate_stream *s)
{
	for (;;) {
		uint32_t last, type;
		if (next_bits(s, 1, &last) || next_bits(s, 2, &type)) return -1;
		if (type == 3) return inflate_bad();
		if (type == 0 ? stored(s) : ((type == 1 ? fixed_tables(s) : dynamic_tables(s)) || codes(s))) return -1;
		if (last) return 0;
	}
}
