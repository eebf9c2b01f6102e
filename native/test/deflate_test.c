#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "../crc32.h"
#include "../deflate.h"
#include "../prefix_code.h"
#include "../util.h"

static void test_crc(void)
{
	/* The check value that catalogues of checksums give. */
	CHECK(crc32_of((const uint8_t *)"123456789", 9) == 0xcbf43926);
	CHECK(crc32_of((const uint8_t *)"", 0) == 0);
}

/* Sum of 2^-length in units of 2^-limit: 2^limit for a code that is complete. */
static uint32_t used_codes(const uint8_t *lengths, unsigned count, unsigned limit)
{
	uint32_t sum = 0;
	for (unsigned i = 0; i < count; i++)
		if (lengths[i]) sum += 1u << (limit - lengths[i]);
	return sum;
}

static void test_code_lengths(void)
{
	uint8_t lengths[PREFIX_SYMBOLS];
	/* Each as frequent as the two before: the tree is a chain, deeper than any limit. */
	uint32_t chain[20] = {1, 1};
	for (unsigned i = 2; i < 20; i++) chain[i] = chain[i - 1] + chain[i - 2];
	prefix_lengths(chain, 20, 7, lengths);
	CHECK(used_codes(lengths, 20, 7) == 1u << 7);
	for (unsigned i = 0; i < 20; i++) CHECK(lengths[i] >= 1 && lengths[i] <= 7);
	for (unsigned i = 1; i < 20; i++) CHECK(lengths[i] <= lengths[i - 1]);
	prefix_lengths(chain, 20, 15, lengths);
	CHECK(used_codes(lengths, 20, 15) == 1u << 15);

	uint32_t equal[PREFIX_SYMBOLS];
	for (unsigned i = 0; i < PREFIX_SYMBOLS; i++) equal[i] = 16384;
	prefix_lengths(equal, PREFIX_SYMBOLS, 15, lengths);
	CHECK(used_codes(lengths, PREFIX_SYMBOLS, 15) == 1u << 15);

	uint32_t none[4] = {0}, one[4] = {0, 0, 7, 0};
	prefix_lengths(none, 4, 15, lengths);
	CHECK(lengths[0] == 1 && lengths[1] == 1 && lengths[2] == 0 && lengths[3] == 0);
	prefix_lengths(one, 4, 15, lengths);
	CHECK(lengths[2] == 1 && lengths[0] == 1 && lengths[1] == 0);
}

static void test_codes(void)
{
	/* RFC 1951, 3.2.2: the example, bits reversed. */
	static const uint8_t lengths[8] = {3, 3, 3, 3, 3, 2, 4, 4};
	static const uint16_t expected[8] = {2, 6, 1, 5, 3, 0, 7, 15};
	uint16_t codes[8];
	prefix_codes(lengths, 8, codes);
	CHECK(!memcmp(codes, expected, sizeof expected));
}

/* Runs of bytes between noise, from a small generator. */
static void fill(uint8_t *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size;) {
		seed = seed * 1664525u + 1013904223u;
		uint32_t run = seed >> 28 ? 1 : seed >> 16 & 0x3ff;
		for (uint32_t n = 0; n <= run && i < size; n++) bytes[i++] = (uint8_t)(seed >> 24);
	}
}

static void test_bounds(void)
{
	enum { MOST = 1 << 20 };
	uint8_t *in = xmalloc(MOST);
	uint8_t *out = xmalloc(deflate_bound(MOST) + 64);
	static const size_t sizes[] = {0, 1, 3, 4, 5, 258, 16384, 16385, 65535, 65536, 100000, MOST};
	for (unsigned level = 1; level <= DEFLATE_LEVELS; level++) {
		struct deflate *coder = deflate_open(level);
		for (unsigned i = 0; i < COUNT(sizes); i++) {
			uint8_t *exact = xmalloc(sizes[i]);
			fill(exact, sizes[i], level * 100 + i);
			memset(out, 0xa5, deflate_bound(MOST) + 64);
			size_t used = deflate_code(coder, exact, sizes[i], out);
			CHECK(used + 8 <= deflate_bound(sizes[i]));
			for (size_t at = deflate_bound(sizes[i]); at < deflate_bound(MOST) + 64; at++) CHECK(out[at] == 0xa5);
			/* The same again, after another input. */
			uint8_t *again = xmalloc(deflate_bound(sizes[i]));
			(void)deflate_code(coder, in, 0, again);
			CHECK(deflate_code(coder, exact, sizes[i], again) == used && !memcmp(again, out, used));
			free(again);
			free(exact);
		}
		free(coder);
	}
	free(in);
	free(out);
}

int main(void)
{
	test_crc();
	test_code_lengths();
	test_codes();
	test_bounds();
	return 0;
}
