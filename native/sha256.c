#include "sha256.h"

#include <endian.h>
#include <string.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>
#endif

/* First 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const _Alignas(16) uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, int by) { return x >> by | x << (32 - by); }

static uint32_t next_word(const uint32_t *w, unsigned t)
{
	uint32_t early = w[(t + 1) & 15], late = w[(t + 14) & 15];
	return w[t & 15] + w[(t + 9) & 15] + (turn(early, 7) ^ turn(early, 18) ^ early >> 3) +
	       (turn(late, 17) ^ turn(late, 19) ^ late >> 10);
}

void sha256_plain(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	for (; blocks; blocks--, data += SHA256_BLOCK) {
		uint32_t w[16], v[8]; /* v: a to h */
		memcpy(w, data, sizeof w);
		memcpy(v, state, sizeof v);
		for (unsigned t = 0; t < 64; t++) {
			if (t < 16)
				w[t] = be32toh(w[t]);
			else
				w[t & 15] = next_word(w, t);
			uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
			uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
			uint32_t one = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + choice + constants[t] + w[t & 15];
			uint32_t two = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + majority;
			memmove(v + 1, v, 7 * sizeof *v);
			v[4] += one;
			v[0] = one + two;
		}
		for (unsigned i = 0; i < 8; i++) state[i] += v[i];
	}
}

#ifdef __x86_64__
bool sha256_is_fast(void)
{
	unsigned a, b, c, d;
	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* The instructions keep the state as the words a b e f and c d g h, the highest first, and do two rounds each. */
__attribute__((target("sha,ssse3,sse4.1"))) static void fast(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)state);
	__m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)(state + 4));
	__m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
	__m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
	for (; blocks; blocks--, data += SHA256_BLOCK) {
		__m128i abef_before = abef, cdgh_before = cdgh, w[4];
		for (int i = 0; i < 4; i++)
			w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(data + 16 * i)), big_endian);
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) {
			__m128i *now = &w[i & 3], *after = &w[(i + 1) & 3], *later = &w[(i + 2) & 3], *last = &w[(i + 3) & 3];
			__m128i add = _mm_add_epi32(*now, _mm_load_si128((const __m128i *)(const void *)(constants + 4 * i)));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, add);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(add, 0x0e));
			if (i >= 12) continue;
			__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*now, *after), _mm_alignr_epi8(*last, *later, 4));
			*now = _mm_sha256msg2_epu32(sum, *last);
		}
		abef = _mm_add_epi32(abef, abef_before);
		cdgh = _mm_add_epi32(cdgh, cdgh_before);
	}
	__m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(feba, dchg, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}
#else
bool sha256_is_fast(void) { return false; }

static void fast(uint32_t state[8], const uint8_t *data, size_t blocks) { sha256_plain(state, data, blocks); }
#endif

static void work(uint32_t state[8], const uint8_t *data, size_t blocks)
{
	static int known; /* 1 fast, -1 plain: the same for every thread that finds it out */
	int how = __atomic_load_n(&known, __ATOMIC_RELAXED);
	if (how == 0) {
		how = sha256_is_fast() ? 1 : -1;
		__atomic_store_n(&known, how, __ATOMIC_RELAXED);
	}
	if (how > 0)
		fast(state, data, blocks);
	else
		sha256_plain(state, data, blocks);
}

void sha256_begin(struct sha256 *sum)
{
	/* First 32 bits of the fractional parts of the square roots of the first 8 primes. */
	static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
	memcpy(sum->state, start, sizeof start);
	sum->size = 0;
}

void sha256_add(struct sha256 *sum, const void *bytes, size_t size)
{
	const uint8_t *data = bytes;
	size_t held = sum->size % SHA256_BLOCK;
	sum->size += size;
	if (held) {
		size_t part = SHA256_BLOCK - held < size ? SHA256_BLOCK - held : size;
		memcpy(sum->block + held, data, part);
		data += part;
		size -= part;
		if (held + part < SHA256_BLOCK) return;
		work(sum->state, sum->block, 1);
	}
	if (size >= SHA256_BLOCK) work(sum->state, data, size / SHA256_BLOCK);
	memcpy(sum->block, data + size / SHA256_BLOCK * SHA256_BLOCK, size % SHA256_BLOCK);
}

void sha256_end(struct sha256 *sum, uint8_t digest[SHA256_SIZE])
{
	uint64_t bits = htobe64(sum->size * 8);
	size_t held = sum->size % SHA256_BLOCK;
	uint8_t end[2 * SHA256_BLOCK] = {0x80};
	size_t padding = (held < SHA256_BLOCK - 8 ? 1u : 2u) * SHA256_BLOCK - 8 - held;
	memcpy(end + padding, &bits, sizeof bits);
	sha256_add(sum, end, padding + sizeof bits);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t word = htobe32(sum->state[i]);
		memcpy(digest + 4 * i, &word, sizeof word);
	}
}
