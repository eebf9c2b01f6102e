/* Making files as another user: where ids are translated, only those that have a translation can make any. */
#pragma once
#include <stdint.h>

/* The ids that new files get from here on; the capabilities stay. 0, or -1 with errno. */
int fsids_take(uint32_t uid, uint32_t gid);
