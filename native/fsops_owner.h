/* Who owns what is copied or handed over. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct id_range {
	uint32_t from, to, count;
};

struct owner {
	enum { OWNER_KEEP, OWNER_FIXED, OWNER_MAPPED } kind;
	uint32_t uid, gid; /* OWNER_FIXED */
	struct id_range *uids, *gids;
	size_t uid_count, gid_count;
};

/*
 * "keep", "UID:GID", or "map FROM.TO.COUNT,.../FROM.TO.COUNT,..." (users, groups): ids are moved from one range to another, and
 * what is in no range belongs to nobody (65534). 0, or -1 for other texts.
 */
int owner_parse(struct owner *owner, const char *text);
/* Files are made as a user that these owners know from here on (fsids.h). 0, or -1 with errno. */
int owner_become(const struct owner *owner);
uint32_t owner_uid(const struct owner *owner, uint32_t uid);
uint32_t owner_gid(const struct owner *owner, uint32_t gid);
/* Whether a user is one that others are moved to. */
bool owner_is_target(const struct owner *owner, uint32_t uid);
void owner_free(struct owner *owner);
