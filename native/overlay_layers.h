/* The layers of an overlay, with the new mount API. */
#pragma once
#include "err.h"
#include "request.h"

/* A clone with translated ids, attached; of `directory` itself when the path is empty. -1 with e. */
int overlay_translate(int directory, const char *path, int userns, struct err *e);
/* The directory that holds upper and work, with a slash at its end; gives its length. */
size_t overlay_common_parent(const struct request_root *r, char *path, size_t size);
/* stubs < 0 for none; userns < 0: ids as on the disk. */
int overlay_set_layers(int fs, const struct request_root *r, int stubs, int userns, struct err *e);

/* What holds for any overlay of ours. */
int overlay_set_behaviour(int fs, struct err *e);
