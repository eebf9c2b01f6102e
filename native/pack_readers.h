/* Who goes through the bytes of a tar in the making: its digest, the digests of files in it, the file it is written to. */
#pragma once
#include "ring.h"
#include "sha256.h"

int pack_hash(void *sum, const struct slot *slot, struct err *e);

struct digests {
	struct sha256 sum;
	bool begun;
	size_t used;
	uint8_t bytes[1024 * SHA256_SIZE];
};
/* Digests of the slots' pieces, written to stdout as they come. */
int pack_digests(void *digests, const struct slot *slot, struct err *e);
int pack_flush_digests(struct digests *digests, struct err *e);

struct written {
	int fd;
	int64_t size, asked; /* bytes; up to where the kernel was asked to write to the disk */
};
int pack_write(void *written, const struct slot *slot, struct err *e);
