/* The table of operations a request is made of. */
#pragma once
#include "request.h"

/* argv[0] is the name; text arguments end in NUL and hold no other (checked), binary ones have their size in sizes[]. */
struct operation {
	char **argv;
	size_t *sizes;
	size_t argc;
};

/* Applies one operation; unknown names and bad arguments fail with EINVAL. */
int request_apply(struct request *request, const struct operation *operation, struct err *e);
