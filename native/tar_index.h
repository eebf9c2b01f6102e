/*
 * The index of a layer tar that goes by: src/store/layer/apply-tar.ts does the same for every tar there is. This takes those that are
 * written in the usual way, and says so of others: then nothing is told about them, not even whether they are damaged.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fsops.h"

struct tar_index;

struct tar_index *tar_index_new(void);
/* The next bytes. False for a tar that is left to the caller. */
bool tar_index_add(struct tar_index *index, const uint8_t *bytes, size_t size);
/* The file, when the tar is complete; `implied` when directories are there only because something lies in them. False as before. */
bool tar_index_end(struct tar_index *index, struct bytes *out, bool *implied);
void tar_index_free(struct tar_index *index);
