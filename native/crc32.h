/* The checksum of gzip (RFC 1952, 8). */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *bytes, size_t size);
/* The sum of what had `sum` with these bytes behind it; of nothing it is 0. */
uint32_t crc32_more(uint32_t sum, const uint8_t *bytes, size_t size);
