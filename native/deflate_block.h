/* One block of DEFLATE (RFC 1951, 3.2.3) from what was found in the input. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bit_writer.h"

#define DEFLATE_MOST 258u /* longest match */

/* A literal, or a match: its distance above its length. */
typedef uint32_t deflate_item;
#define ITEM_LENGTH_BITS 9u
#define ITEM_IS_MATCH(item) ((item) > 255u)

struct deflate_block {
	const deflate_item *items;
	size_t count;
	/* The same as bytes. */
	const uint8_t *bytes;
	size_t size;
	bool last;
};

/* Writes it with codes made for it, or as it is where that is shorter. The last one fills its last byte. */
void deflate_write_block(struct bit_writer *writer, const struct deflate_block *block);
