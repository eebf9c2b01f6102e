#include "crc32.h"

#include <string.h>

#include "check.h"

/* Bit by bit, as RFC 1952 says it. */
static uint32_t slowly(const uint8_t *bytes, size_t size)
{
	uint32_t sum = ~0u;
	while (size--) {
		sum ^= *bytes++;
		for (int bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

static void known(void)
{
	CHECK(crc32_of((const uint8_t *)"123456789", 9) == 0xcbf43926);
	CHECK(crc32_of((const uint8_t *)"", 0) == 0);
}

/* Of every size and from every place, in one piece and in two: what the processor multiplies is what plain C and single bits give. */
static void all_ways(void)
{
	static uint8_t bytes[2000];
	uint32_t random = 7;
	for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
	for (size_t size = 0; size < 700; size++) {
		const uint8_t *from = bytes + size % 37;
		uint32_t sum = slowly(from, size);
		CHECK(crc32_of(from, size) == sum);
		CHECK(crc32_plain(0, from, size) == sum);
		for (size_t first = 0; first <= size; first += 61)
			CHECK(crc32_more(crc32_of(from, first), from + first, size - first) == sum);
	}
	CHECK(crc32_of(bytes, sizeof bytes) == slowly(bytes, sizeof bytes));
}

/* Each bit counts, wherever it is. */
static void single_bits(void)
{
	uint8_t bytes[400] = {0};
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] = (uint8_t)(1u << bit % 8);
		CHECK(crc32_of(bytes, sizeof bytes) == slowly(bytes, sizeof bytes));
		bytes[bit / 8] = 0;
	}
}

int main(void)
{
	known();
	all_ways();
	single_bits();
	return 0;
}
