/* The layers of an overlay, with the new mount API. */
#pragma once
#include "err.h"
#include "request.h"

/* stubs < 0 for none; userns < 0: ids as on the disk. */
int overlay_set_layers(int fs, const struct request_root *r, int stubs, int userns, struct err *e);
