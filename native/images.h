/*
 * Layers that are not unpacked: EROFS images whose files have their bytes in a tar, mounted from these files or on loop devices over
 * them. Block devices are closed to whoever is in the container's cgroup, so the starter mounts them; the new process attaches them
 * where only its namespace sees them.
 */
#pragma once
#include "request.h"

/* Gives every image of the request a detached mount. Loop devices go with the last user of it. */
int images_mount(const struct request *request, struct err *e);
void images_release(const struct request *request);
