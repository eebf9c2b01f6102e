/* SHA-256 (FIPS 180-4), with the instructions that x86 has for it where the processor knows them. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_BLOCK = 64 };

struct sha256 {
	uint32_t state[8];
	uint64_t size; /* bytes so far */
	uint8_t block[SHA256_BLOCK];
};
void sha256_begin(struct sha256 *sum);
void sha256_add(struct sha256 *sum, const void *bytes, size_t size);
void sha256_end(struct sha256 *sum, uint8_t digest[SHA256_SIZE]);

/* Whether the processor has instructions for it. */
bool sha256_is_fast(void);
/* Works through whole blocks in plain C; for tests, which run it beside the other one. */
void sha256_plain(uint32_t state[8], const uint8_t *data, size_t blocks);
