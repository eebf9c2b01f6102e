#include "crc32.h"

#include <pthread.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

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

/* The remainder as it is: what the sum of nothing is turned over, and the end is not. */
static uint32_t remainder_of(uint32_t sum, const uint8_t *bytes, size_t size)
{
	static pthread_once_t made = PTHREAD_ONCE_INIT;
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
	return sum;
}

uint32_t crc32_plain(uint32_t sum, const uint8_t *bytes, size_t size) { return ~remainder_of(~sum, bytes, size); }

#ifdef __x86_64__
enum { PART = 16, LANES = 4, LEAST = 2 * LANES * PART };

bool crc32_is_fast(void)
{
	unsigned a, b, c, d;
	return __get_cpuid(1, &a, &b, &c, &d) && c & bit_PCLMUL && c & bit_SSE4_1;
}

__attribute__((target("pclmul,sse4.1"))) static inline __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* What 16 bytes amount to so many bytes further on, where `next` stands. */
__attribute__((target("pclmul,sse4.1"))) static inline __m128i fold(__m128i part, __m128i by, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128(part, by, 0x00), high = _mm_clmulepi64_si128(part, by, 0x11);
	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/*
 * A polynomial keeps its remainder when its head is replaced by what the head leaves there: 16 bytes are multiplied by powers of x, modulo
 * the polynomial of the sum, and added to 16 bytes further on, until only the last 16 are left. Bits are in the order of the sum, the
 * lowest first, and a product of two such numbers comes out one bit too low: the constants, x^(d + 32) and x^(d - 32) for a way of d
 * bits, stand one bit higher.
 * Takes whole parts, at least LEAST bytes; the rest is left.
 */
__attribute__((target("pclmul,sse4.1"))) static uint32_t fast(uint32_t sum, const uint8_t **bytes, size_t *size)
{
	const __m128i by_lanes = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by_part = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
	const uint8_t *at = *bytes;
	size_t left = *size;
	__m128i lanes[LANES];
	for (unsigned i = 0; i < LANES; i++) lanes[i] = load(at + (size_t)i * PART);
	lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128((int)sum));
	for (at += LANES * PART, left -= LANES * PART; left >= LANES * PART; at += LANES * PART, left -= LANES * PART)
#pragma GCC unroll 4
		for (unsigned i = 0; i < LANES; i++) lanes[i] = fold(lanes[i], by_lanes, load(at + (size_t)i * PART));
	__m128i all = lanes[0];
	for (unsigned i = 1; i < LANES; i++) all = fold(all, by_part, lanes[i]);
	for (; left >= PART; at += PART, left -= PART) all = fold(all, by_part, load(at));
	uint8_t last[PART];
	_mm_storeu_si128((__m128i *)(void *)last, all);
	*bytes = at;
	*size = left;
	return remainder_of(0, last, sizeof last);
}
#else
enum { LEAST = 1 };

bool crc32_is_fast(void) { return false; }

static uint32_t fast(uint32_t sum, const uint8_t **bytes, size_t *size)
{
	(void)bytes, (void)size;
	return sum;
}
#endif

uint32_t crc32_of(const uint8_t *bytes, size_t size) { return crc32_more(0, bytes, size); }

uint32_t crc32_more(uint32_t sum, const uint8_t *bytes, size_t size)
{
	static int known; /* 1 fast, -1 plain: the same for every thread that finds it out */
	int how = __atomic_load_n(&known, __ATOMIC_RELAXED);
	if (how == 0) {
		how = crc32_is_fast() ? 1 : -1;
		__atomic_store_n(&known, how, __ATOMIC_RELAXED);
	}
	sum = ~sum;
	if (how > 0 && size >= LEAST) sum = fast(sum, &bytes, &size);
	return ~remainder_of(sum, bytes, size);
}
