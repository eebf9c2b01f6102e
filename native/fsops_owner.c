#include "fsops_owner.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fsids.h"
#include "util.h"

enum { NOBODY = 65534 };

/* `text` is changed. */
static int parse_ranges(char *text, struct id_range **ranges, size_t *count)
{
	while (text) {
		struct id_range range;
		char *word = strsep(&text, ","), *from = strsep(&word, "."), *to = strsep(&word, ".");
		if (!to || !word || parse_u32(from, &range.from) || parse_u32(to, &range.to) || parse_u32(word, &range.count))
			return -1;
		*ranges = xrealloc(*ranges, (*count + 1) * sizeof **ranges);
		(*ranges)[(*count)++] = range;
	}
	return 0;
}

static int parse_fixed(struct owner *owner, const char *text)
{
	char uid[16];
	const char *colon = strchr(text, ':');
	if (!colon || (size_t)(colon - text) >= sizeof uid) return -1;
	(void)snprintf(uid, sizeof uid, "%.*s", (int)(colon - text), text);
	owner->kind = OWNER_FIXED;
	return parse_u32(uid, &owner->uid) || parse_u32(colon + 1, &owner->gid) ? -1 : 0;
}

int owner_parse(struct owner *owner, const char *text)
{
	static const char map[] = "map ";
	*owner = (struct owner){.kind = OWNER_KEEP};
	if (!strcmp(text, "keep")) return 0;
	if (strncmp(text, map, sizeof map - 1) != 0) return parse_fixed(owner, text);
	owner->kind = OWNER_MAPPED;
	CLEANUP_FREE char *copy = xstrdup(text + sizeof map - 1);
	char *groups = copy, *users = strsep(&groups, "/");
	if (!groups || parse_ranges(users, &owner->uids, &owner->uid_count)) return -1;
	return parse_ranges(groups, &owner->gids, &owner->gid_count);
}

int owner_become(const struct owner *owner)
{
	if (owner->kind == OWNER_KEEP) return 0;
	if (owner->kind == OWNER_FIXED) return geteuid() == 0 ? fsids_take(owner->uid, owner->gid) : 0;
	return fsids_take(owner->uids[0].to, owner->gids[0].to);
}

static uint32_t moved(const struct id_range *ranges, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (id >= ranges[i].from && id - ranges[i].from < ranges[i].count) return ranges[i].to + (id - ranges[i].from);
	return NOBODY;
}

uint32_t owner_uid(const struct owner *owner, uint32_t uid)
{
	if (owner->kind == OWNER_KEEP) return uid;
	return owner->kind == OWNER_FIXED ? owner->uid : moved(owner->uids, owner->uid_count, uid);
}

uint32_t owner_gid(const struct owner *owner, uint32_t gid)
{
	if (owner->kind == OWNER_KEEP) return gid;
	return owner->kind == OWNER_FIXED ? owner->gid : moved(owner->gids, owner->gid_count, gid);
}

bool owner_is_target(const struct owner *owner, uint32_t uid)
{
	for (size_t i = 0; owner->kind == OWNER_MAPPED && i < owner->uid_count; i++)
		if (uid >= owner->uids[i].to && uid - owner->uids[i].to < owner->uids[i].count) return true;
	return false;
}

void owner_free(struct owner *owner)
{
	free(owner->uids);
	free(owner->gids);
	*owner = (struct owner){0};
}
