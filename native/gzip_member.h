/* gzip members (RFC 1952) that stand alone, without time and name: a file of them is the same on every machine. */
#pragma once
#include "deflate.h"

/* Bytes of input in each member of a file but the last. Part of what the output depends on. */
#define GZIP_BLOCK (1u << 20)

/* Room for what a block may become. */
size_t gzip_bound(void);

/* Bytes that were written; `size` is at most GZIP_BLOCK. */
size_t gzip_member(struct deflate *coder, const uint8_t *in, uint32_t size, uint8_t *out);
