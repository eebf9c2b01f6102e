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

/* Where the tar, or its gzip, goes. */
enum { PACK_OUT = 3 };

/* Makes a tar, all of which `out` gets to see, and says what it made. */
struct maker {
	int (*make)(void *self, const struct reader *out, struct err *e);
	void *self;
};
/* The gzip of what it makes (`level`: a number from 1 to 9), and then its digest and size. */
int pack_gzip(const char *level, const struct maker *maker, struct err *e);
/* Says a digest and a size on stdout. */
int pack_answer(const uint8_t digest[SHA256_SIZE], uint64_t size, struct err *e);
