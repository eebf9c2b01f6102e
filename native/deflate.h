/* DEFLATE (RFC 1951) of pieces that stand alone. What comes out depends on the bytes and the level, on nothing of the machine. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#define DEFLATE_LEVELS 9u

struct deflate;

/* For many pieces, one after the other. Level 1 (quick) to 9 (small). */
struct deflate *deflate_open(unsigned level);

/* Room for what `size` bytes may become. */
size_t deflate_bound(size_t size);

/* Bytes that were written; `size` is below 2^31. */
size_t deflate_code(struct deflate *coder, const uint8_t *bytes, size_t size, uint8_t *out);
