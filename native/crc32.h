/* The checksum of gzip (RFC 1952, 8). */
#pragma once
#include <stddef.h>
#include <stdint.h>

uint32_t crc32_of(const uint8_t *bytes, size_t size);
