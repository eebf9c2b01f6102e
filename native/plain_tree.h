/* Entries of an upper directory of overlay that are understood here; those with more to them are left to the caller. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "err.h"

struct plain {
	bool whiteout;
	bool opaque; /* of a directory */
};

/*
 * Looks at an entry of the working directory. ENOTSUP for hard links, attributes that are part of a layer or of overlay's more
 * unusual features, names that are not ASCII or that mean something in a tar.
 */
int plain_entry(const char *name, const struct stat *st, struct plain *plain, struct err *e);
/* The same for the working directory itself. */
int plain_root(struct plain *plain, struct err *e);
bool plain_text(const char *text, size_t size);
int plain_refuse(const char *name, struct err *e);
