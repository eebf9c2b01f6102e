/* One block of DEFLATE (RFC 1951, 3.2.3) from what was found in the input. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bit_writer.h"

#define DEFLATE_MOST 258u /* longest match */

/* A literal, or a match: its length less DEFLATE_LEAST above the literals, and its distance above both. */
typedef uint32_t deflate_item;
#define DEFLATE_LEAST 3u
#define ITEM_KINDS 512u

static inline deflate_item deflate_match(uint32_t length, uint32_t distance)
{
	return distance * ITEM_KINDS + 256 + length - DEFLATE_LEAST;
}

struct deflate_block {
	const deflate_item *items;
	size_t count;
	/* The same as bytes. */
	const uint8_t *bytes;
	size_t size;
	bool last;
};

/* Writes its bytes as they are. */
void deflate_write_stored(struct bit_writer *writer, const struct deflate_block *block);

/* Writes it with codes made for it, or as it is where that is shorter. The last one fills its last byte. */
void deflate_write_block(struct bit_writer *writer, const struct deflate_block *block);
