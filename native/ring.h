/* Slots of bytes that one thread fills and several others go through, each at its own pace, all in the same order. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum { RING_SLOT = 256 << 10, RING_READERS = 3 };

/* A part of a slot that somebody wants to know of. */
struct piece {
	size_t from, size;
	bool last; /* of the parts of one thing */
};

struct slot {
	uint8_t *data; /* RING_SLOT bytes */
	size_t used;
	struct piece *pieces;
	size_t count;
	bool unwritten; /* all of it goes into digests only */
};

struct reader {
	int (*read)(void *self, const struct slot *slot, struct err *e);
	void *self;
};

struct ring;
/* Starts a thread for each reader. NULL when there can be none, with `e` filled. */
struct ring *ring_start(const struct reader *readers, size_t count, struct err *e);
/* The slot to be filled, empty; waits for it. NULL once a reader has failed. */
struct slot *ring_slot(struct ring *ring);
/* Hands the slot that was filled to the readers. */
void ring_push(struct ring *ring);
/* True when the slot takes no more pieces. */
bool slot_is_crowded(const struct slot *slot);
/* Waits for the readers to come to the end, or with `abandon` to stop. 0, or -1 with what one of them failed with. Frees the ring. */
int ring_end(struct ring *ring, bool abandon, struct err *e);
