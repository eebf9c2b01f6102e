/* The checksum of gzip (RFC 1952, 8). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *bytes, size_t size);
/* The sum of what had `sum` with these bytes behind it; of nothing it is 0. */
uint32_t crc32_more(uint32_t sum, const uint8_t *bytes, size_t size);

/* Whether the processor multiplies polynomials; if not, the next does it all. For tests. */
bool crc32_is_fast(void);
uint32_t crc32_plain(uint32_t sum, const uint8_t *bytes, size_t size);
