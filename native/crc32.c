#include "crc32.h"

#include <pthread.h>

#define TABLES 8u
#define POLYNOMIAL 0xedb88320u

/* tables[n][byte]: what a byte with n bytes behind it adds. */
static uint32_t tables[TABLES][256];

static void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t sum = byte;
		for (unsigned bit = 0; bit < 8; bit++) sum = sum >> 1 ^ (sum & 1 ? POLYNOMIAL : 0);
		tables[0][byte] = sum;
	}
	for (unsigned n = 1; n < TABLES; n++)
		for (unsigned byte = 0; byte < 256; byte++)
			tables[n][byte] = tables[n - 1][byte] >> 8 ^ tables[0][tables[n - 1][byte] & 0xff];
}

uint32_t crc32_of(const uint8_t *bytes, size_t size) { return crc32_more(0, bytes, size); }

uint32_t crc32_more(uint32_t sum, const uint8_t *bytes, size_t size)
{
	static pthread_once_t made = PTHREAD_ONCE_INIT;
	sum = ~sum;
	(void)pthread_once(&made, make_tables);
	for (; size >= TABLES; size -= TABLES, bytes += TABLES) {
		uint32_t next = 0;
		for (unsigned i = 0; i < 4; i++) {
			next ^= tables[7 - i][(bytes[i] ^ sum >> 8 * i) & 0xff];
			next ^= tables[3 - i][bytes[4 + i]];
		}
		sum = next;
	}
	while (size--) sum = sum >> 8 ^ tables[0][(sum ^ *bytes++) & 0xff];
	return ~sum;
}
