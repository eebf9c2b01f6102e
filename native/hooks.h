/* Hooks of the runtime-spec that run in the container's namespaces. */
#pragma once
#include "request.h"

/* Runs those of a moment, in order, each with the container's state on its standard input; the first failure ends it. */
int hooks_run(const struct request *request, enum hook_moment moment, struct err *e);
