/* A tar in the making: the list of what is to be in it, and the slots that its bytes go to. See fsops_pack.c. */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "ring.h"

struct input {
	uint8_t data[64 << 10];
	size_t from, to;
};

struct pack {
	struct input input;
	struct ring *ring;
	struct slot *slot;
	uint64_t size; /* of the tar so far */
	bool unwritten; /* what is put now */
	int directory, directory_error, file;
	char name[NAME_MAX + 1]; /* of `file`, or "" */
	long digests;
	struct err *e;
};

/* The next `size` bytes of the list, at most 32 KiB; NULL with the failure recorded. */
const uint8_t *pack_take(struct pack *p, size_t size);
int pack_malformed(struct pack *p);
uint16_t pack_u16(const uint8_t *at);
uint32_t pack_u32(const uint8_t *at);
uint64_t pack_u64(const uint8_t *at);

/* Goes on to an empty slot. -1 when a reader has failed: ring_end tells. */
int pack_push(struct pack *p);
/* What follows is written, or not. -1 as `pack_push`. */
int pack_turn(struct pack *p, bool unwritten);
/* At least one byte of room, and for a piece. */
int pack_room(struct pack *p);
/* That many bytes have been put into the slot. */
void pack_grown(struct pack *p, size_t size);
/* NULL for zeros. */
int pack_put(struct pack *p, const uint8_t *bytes, size_t size);

/* The operations `d` and `c`. */
int pack_directory(struct pack *p);
int pack_content(struct pack *p);
void pack_close(struct pack *p);
