#include "prefix_code.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 15u
#define SYMBOL_BITS 9u

static int ascending(const void *a, const void *b)
{
	uint32_t x, y;
	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

/* The symbols that occur, rarest first, of equal ones the lower first: frequency and symbol in one number. */
static unsigned sorted_symbols(const uint32_t *frequencies, unsigned count, uint32_t *sorted)
{
	unsigned used = 0;
	for (unsigned i = 0; i < count; i++)
		if (frequencies[i]) sorted[used++] = frequencies[i] << SYMBOL_BITS | i;
	qsort(sorted, used, sizeof *sorted, ascending);
	return used;
}

/* How many leaves of Huffman's tree lie how deep; what is deeper than `limit` is counted there. */
static void count_depths(const uint32_t *sorted, unsigned leaves, unsigned limit, unsigned *counts)
{
	uint32_t weights[2 * PREFIX_SYMBOLS];
	uint16_t parents[2 * PREFIX_SYMBOLS], depths[2 * PREFIX_SYMBOLS];
	unsigned leaf = 0, inner = leaves, last = 2 * leaves - 2;
	for (unsigned i = 0; i < leaves; i++) weights[i] = sorted[i] >> SYMBOL_BITS;
	/* Both leaves and inner nodes come in the order of their weights: the two lightest are at the front of either queue. */
	for (unsigned next = leaves; next <= last; next++) {
		weights[next] = 0;
		for (int side = 0; side < 2; side++) {
			unsigned lightest =
			    leaf < leaves && (inner == next || weights[leaf] <= weights[inner]) ? leaf++ : inner++;
			weights[next] += weights[lightest];
			parents[lightest] = (uint16_t)next;
		}
	}
	depths[last] = 0;
	for (unsigned i = last; i-- > 0;) {
		depths[i] = (uint16_t)(depths[parents[i]] + 1);
		if (i < leaves) counts[depths[i] < limit ? depths[i] : limit]++;
	}
}

/* Cutting depths to the limit has used more codes than there are: each step gives one back. */
static void make_possible(unsigned limit, unsigned *counts)
{
	uint32_t taken = 0;
	for (unsigned length = 1; length <= limit; length++) taken += counts[length] << (limit - length);
	for (; taken > 1u << limit; taken--) {
		unsigned length = limit - 1;
		while (!counts[length]) length--;
		/* A leaf becomes a node above itself and one of the deepest. */
		counts[length]--;
		counts[length + 1] += 2;
		counts[limit]--;
	}
}

void prefix_lengths(const uint32_t *frequencies, unsigned count, unsigned limit, uint8_t *lengths)
{
	uint32_t sorted[PREFIX_SYMBOLS];
	unsigned counts[LONGEST + 1] = {0};
	unsigned leaves = sorted_symbols(frequencies, count, sorted);
	memset(lengths, 0, count);
	if (leaves < 2) {
		unsigned only = leaves ? sorted[0] & ((1u << SYMBOL_BITS) - 1) : 0;
		lengths[only] = 1;
		lengths[only ? 0 : 1] = 1;
		return;
	}
	count_depths(sorted, leaves, limit, counts);
	make_possible(limit, counts);
	unsigned next = 0;
	for (unsigned length = limit; length > 0; length--)
		for (unsigned i = 0; i < counts[length]; i++)
			lengths[sorted[next++] & ((1u << SYMBOL_BITS) - 1)] = (uint8_t)length;
}

static uint16_t reversed(unsigned code, unsigned length)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < length; i++) bits |= (code >> i & 1) << (length - 1 - i);
	return (uint16_t)bits;
}

void prefix_codes(const uint8_t *lengths, unsigned count, uint16_t *codes)
{
	unsigned counts[LONGEST + 1] = {0}, next[LONGEST + 1] = {0};
	for (unsigned i = 0; i < count; i++) counts[lengths[i]]++;
	counts[0] = 0;
	for (unsigned length = 1; length <= LONGEST; length++)
		next[length] = (next[length - 1] + counts[length - 1]) << 1;
	for (unsigned i = 0; i < count; i++)
		codes[i] = lengths[i] ? reversed(next[lengths[i]]++, lengths[i]) : 0;
}
