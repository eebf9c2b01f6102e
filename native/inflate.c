#include "inflate.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "crc32.h"
#include "inflate_table.h"
#include "util.h"

enum { WINDOW = 32 << 10, INPUT = 256 << 10, PIECE = 256 << 10, LONGEST_MATCH = 258, SLACK = 16 };
/* Bytes that one turn of the loop over codes may read. */
enum { AHEAD = 16 };

/* Copied where it is used in a loop, so that it stays in registers. */
struct bits {
	uint64_t next; /* the lowest come first */
	unsigned count;
	const uint8_t *in;
};

struct inflate {
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

static int bad(void) { return errno = EBADMSG, -1; }

/* At least AHEAD bytes of input; zeros where it has ended. */
static int more(struct inflate *s)
{
	/* What is in the bits already may go back to be bytes. */
	size_t back = s->bits.count >> 3, left = (size_t)(s->in_end - s->bits.in);
	memmove(s->input, s->bits.in - back, back + left);
	uint8_t *start = s->input + back;
	while (left < AHEAD) {
		ssize_t got = s->padding ? 0 : s->ends->read(s->ends->context, start + left, INPUT - left);
		if (got < 0) return -1;
		if (got > 0) {
			left += (size_t)got;
			continue;
		}
		/* Whoever goes on reading zeros reads what was cut off. */
		if (s->padding > (size_t)4 * AHEAD) return errno = EPIPE, -1;
		memset(start + left, 0, AHEAD);
		s->padding += AHEAD;
		left += AHEAD;
	}
	s->bits.in = start;
	s->in_end = start + left;
	return 0;
}

static int ahead(struct inflate *s) { return s->in_end - s->bits.in >= AHEAD ? 0 : more(s); }

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
static int next(struct inflate *s, unsigned count, uint32_t *value)
{
	if (ahead(s)) return -1;
	refill(&s->bits);
	*value = take(&s->bits, count);
	return 0;
}

/* Bytes are read from now on: bits that were taken in too early go back. */
static void to_bytes(struct inflate *s)
{
	s->bits.in -= s->bits.count >> 3;
	s->bits.next = 0;
	s->bits.count = 0;
}

static int send(struct inflate *s)
{
	size_t size = (size_t)(s->out - s->unsent);
	s->sum = crc32_more(s->sum, s->unsent, size);
	s->size += size;
	if (size && s->ends->write(s->ends->context, s->unsent, size)) return -1;
	size_t kept = (size_t)(s->out - s->oldest);
	if (kept > WINDOW) kept = WINDOW;
	memmove(s->window, s->out - kept, kept);
	s->oldest = s->window;
	s->out = s->unsent = s->window + kept;
	return 0;
}

static int room(struct inflate *s) { return s->out < s->window + WINDOW + PIECE ? 0 : send(s); }

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
static inline uint8_t *match(const struct inflate *s, struct bits *b, size_t length, uint8_t *out)
{
	uint32_t entry = look_up(s->distances, DISTANCE_BITS, b->next);
	if (entry & ENTRY_SPECIAL) return NULL;
	(void)take(b, entry & 0xff);
	size_t distance = (entry >> 16) + take(b, entry >> 8 & 31);
	return distance > (size_t)(out - s->oldest) ? NULL : repeat(out, distance, length);
}

enum { MOST_LITERALS = 3 };

/* Codes of a block as long as there are input and room: 1, or 0 at the end of the block. */
static int some_codes(struct inflate *s)
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
			result = entry >> 16 == SPECIAL_END ? 0 : bad();
			break;
		}
		size_t length = (entry >> 16) + take(&b, entry >> 8 & 31);
		uint8_t *end = match(s, &b, length, out);
		if (!end) {
			result = bad();
			break;
		}
		out = end;
	}
	s->bits = b;
	s->out = out;
	return result;
}

static int codes(struct inflate *s)
{
	int result;
	do {
		if (ahead(s) || room(s)) return -1;
		result = some_codes(s);
	} while (result > 0);
	return result;
}

static int stored(struct inflate *s)
{
	uint32_t length, complement;
	(void)take(&s->bits, s->bits.count & 7);
	if (next(s, 16, &length) || next(s, 16, &complement)) return -1;
	if ((length ^ complement) != 0xffff) return bad();
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

static int fixed_tables(struct inflate *s)
{
	uint8_t lengths[288], distances[32];
	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	memset(distances, 5, sizeof distances);
	return inflate_table(s->lengths, CODE_LENGTHS, lengths, 288) ||
	       inflate_table(s->distances, CODE_DISTANCES, distances, 32) ? bad() : 0;
}

static int precode(struct inflate *s, unsigned count, uint32_t *table)
{
	static const uint8_t order[] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	uint8_t lengths[sizeof order] = {0};
	for (unsigned i = 0; i < count; i++) {
		uint32_t length;
		if (next(s, 3, &length)) return -1;
		lengths[order[i]] = (uint8_t)length;
	}
	return inflate_table(table, CODE_PRECODE, lengths, sizeof order) ? bad() : 0;
}

/* RFC 1951, 3.2.7: the lengths of both codes, as runs. */
static int read_lengths(struct inflate *s, const uint32_t *table, uint8_t *lengths, unsigned count)
{
	for (unsigned done = 0; done < count;) {
		if (ahead(s)) return -1;
		refill(&s->bits);
		uint32_t entry = look_up(table, PRECODE_BITS, s->bits.next);
		if (entry & ENTRY_SPECIAL) return bad();
		(void)take(&s->bits, entry & 0xff);
		unsigned symbol = entry >> 16, repeats = 1;
		uint8_t value = (uint8_t)symbol;
		if (symbol == 16) {
			if (done == 0) return bad();
			value = lengths[done - 1];
			repeats = 3 + take(&s->bits, 2);
		} else if (symbol > 16) {
			value = 0;
			repeats = symbol == 17 ? 3 + take(&s->bits, 3) : 11 + take(&s->bits, 7);
		}
		if (repeats > count - done) return bad();
		memset(lengths + done, value, repeats);
		done += repeats;
	}
	return 0;
}

static int dynamic_tables(struct inflate *s)
{
	uint32_t length_count, distance_count, precode_count, table[PRECODE_ROOM];
	uint8_t lengths[288 + 32];
	if (next(s, 5, &length_count) || next(s, 5, &distance_count) || next(s, 4, &precode_count)) return -1;
	length_count += 257;
	distance_count += 1;
	if (length_count > 286 || distance_count > 30) return bad();
	if (precode(s, precode_count + 4, table) || read_lengths(s, table, lengths, length_count + distance_count)) return -1;
	if (lengths[256] == 0) return bad();
	return inflate_table(s->lengths, CODE_LENGTHS, lengths, length_count) ||
	       inflate_table(s->distances, CODE_DISTANCES, lengths + length_count, distance_count) ? bad() : 0;
}

static int blocks(struct inflate *s)
{
	for (;;) {
		uint32_t last, type;
		if (next(s, 1, &last) || next(s, 2, &type)) return -1;
		if (type == 3) return bad();
		if (type == 0 ? stored(s) : ((type == 1 ? fixed_tables(s) : dynamic_tables(s)) || codes(s))) return -1;
		if (last) return 0;
	}
}

static int byte(struct inflate *s, uint8_t *value)
{
	if (ahead(s)) return -1;
	*value = *s->bits.in++;
	s->sum = crc32_more(s->sum, value, 1);
	return 0;
}

static int number(struct inflate *s, unsigned bytes, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t part;
		if (byte(s, &part)) return -1;
		*value |= (uint32_t)part << 8 * i;
	}
	return 0;
}

static int skip_text(struct inflate *s)
{
	uint8_t value;
	do {
		if (byte(s, &value)) return -1;
	} while (value);
	return 0;
}

/* RFC 1952, 2.3.1; the magic has been read. */
static int header(struct inflate *s)
{
	enum { CHECK = 2, EXTRA = 4, NAME = 8, COMMENT = 16, RESERVED = 0xe0 };
	uint8_t method, flags, value;
	uint32_t ignored, extra = 0;
	if (byte(s, &method) || byte(s, &flags) || number(s, 4, &ignored) || number(s, 2, &ignored)) return -1;
	if (method != 8 || flags & RESERVED) return bad();
	if (flags & EXTRA && number(s, 2, &extra)) return -1;
	while (extra--)
		if (byte(s, &value)) return -1;
	if (flags & NAME && skip_text(s)) return -1;
	if (flags & COMMENT && skip_text(s)) return -1;
	/* The low half of what the CRC of the header is without this. */
	uint32_t sum = s->sum & 0xffff, told = sum;
	if (flags & CHECK && number(s, 2, &told)) return -1;
	return told == sum ? 0 : bad();
}

static int member(struct inflate *s)
{
	uint32_t sum, size;
	s->size = 0;
	s->oldest = s->out;
	if (header(s)) return -1;
	s->sum = 0;
	if (blocks(s)) return -1;
	to_bytes(s);
	if (send(s)) return -1;
	const uint32_t found = s->sum;
	if (number(s, 4, &sum) || number(s, 4, &size)) return -1;
	/* The last bytes were none of the input. */
	if ((size_t)(s->in_end - s->bits.in) < s->padding) return errno = EPIPE, -1;
	return sum == found && size == (uint32_t)s->size ? 0 : bad();
}

/* 1 when a member begins, 0 at the end of the input or before zeros. */
static int begins(struct inflate *s, bool first)
{
	uint8_t a, b;
	s->sum = 0;
	if (ahead(s)) return -1;
	/* Of the input itself nothing is left. */
	if ((size_t)(s->in_end - s->bits.in) <= s->padding) return first ? (errno = EPIPE, -1) : 0;
	if (byte(s, &a)) return -1;
	if (a == 0 && !first) return 0;
	if (byte(s, &b)) return -1;
	return a == 0x1f && b == 0x8b ? 1 : bad();
}

static int members(struct inflate *s)
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
	CLEANUP_FREE struct inflate *s = xcalloc(1, sizeof *s);
	s->ends = ends;
	s->bits.in = s->in_end = s->input;
	s->out = s->unsent = s->oldest = s->window;
	return members(s);
}
