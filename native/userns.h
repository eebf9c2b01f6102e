/* The user namespace of a container, and what has to be done outside of it for a container that has one. */
#pragma once
#include "request.h"
#include "setup.h"

/* A descriptor of the user namespace that the request has made or names, or -1 with e. */
int userns_open(const struct request *r, struct err *e);
/* Whether the container's user namespace is another than ours. */
bool userns_wanted(const struct request *r);
/* The id of the host that `id` inside is, by the maps of the request; UINT32_MAX when it is none. */
uint32_t userns_outside(const struct request_map *maps, size_t count, uint32_t id);

/*
 * userns_mounts.c. What the root of a user namespace may not do: mount the root from layers, open the sources of binds,
 * translate ids. It is done in a mount namespace of its own beside; here come back detached mounts.
 */
struct outside_mounts {
	int root;
	size_t count;
	int *sources; /* by number of the mount; -1 for what is no bind */
};
int outside_mounts_make(const struct request *r, int userns, struct outside_mounts *out, struct err *e);
void outside_mounts_close(struct outside_mounts *mounts);
/* In the container's process: attaches the root. The mounts are the set-up's from here on. */
int outside_mounts_take(struct setup *s, const struct outside_mounts *mounts, struct err *e);
