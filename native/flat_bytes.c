#include "flat_bytes.h"

bool flat_bytes(const uint8_t *bytes, size_t size)
{
	uint32_t counts[4][256] = {0};
	uint64_t sum = 0, even = size * size / 256;
	for (size_t i = 0; i + 4 <= size; i += 4)
		for (size_t j = 0; j < 4; j++) counts[j][bytes[i + j]]++;
	for (unsigned byte = 0; byte < 256; byte++) {
		uint64_t count = (uint64_t)counts[0][byte] + counts[1][byte] + counts[2][byte] + counts[3][byte];
		sum += count * count;
	}
	return sum < even + even / 16 + size;
}
