/* A gzip file in the making: what is added is cut into members, which threads code and write in order. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "sha256.h"

struct gzip_file;

/* Starts a coder for each processor. NULL with the failure recorded. */
struct gzip_file *gzip_file_open(unsigned level, int fd, struct err *e);

/* Waits while the coders have enough. -1 with what one of them failed with ("pack-write"). */
int gzip_file_add(struct gzip_file *file, const uint8_t *bytes, size_t size, struct err *e);

/* Writes what is left, or with `abandon` stops; digest and size of all that was written. Frees it. */
int gzip_file_end(struct gzip_file *file, bool abandon, uint8_t digest[SHA256_SIZE], uint64_t *size, struct err *e);
