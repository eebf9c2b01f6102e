/*
 * The steps of a build stand on one another: what the lowest layers show together is mounted once, and is one layer to the steps that
 * follow, for whose mounts, and for most paths looked up in them, the kernel would go through each of these layers otherwise. The
 * caller says which layers are kept, and leaves them out of the requests that stand on them.
 */
#pragma once
#include "err.h"
#include "request.h"

struct fold {
	int mount; /* detached; -1: nothing is kept */
};

/* As the request says: keeps other layers, or none. Whether it is to be mounted on what is kept now, or -1 with e. */
int fold_prepare(struct fold *fold, const struct request_root *root, struct err *e);
/* Takes the layers that it keeps off the root, with their images, and puts what is kept in their place. The descriptor stays the caller's. */
void fold_apply(struct request_root *root, const struct fold *fold);
void fold_drop(struct fold *fold);
