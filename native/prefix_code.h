/* Prefix codes of DEFLATE (RFC 1951, 3.2.2). */
#pragma once
#include <stdint.h>

#define PREFIX_SYMBOLS 288u

/*
 * Lengths of a code for symbols that occur so often: the best one, where `limit` (at most 15) does not forbid it. 0 for those that do not
 * occur; but two symbols at least have a length, since some readers want codes to be complete.
 */
void prefix_lengths(const uint32_t *frequencies, unsigned count, unsigned limit, uint8_t *lengths);

/* The codes that belong to lengths, their bits in the order in which they are written. */
void prefix_codes(const uint8_t *lengths, unsigned count, uint16_t *codes);
