/* The recipe of a key, in the store that is meant. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recipe.h"
#include "util.h"

const char *recipe_variable(const char *name)
{
	const char *value = getenv(name);
	return value ? value : "";
}

/* FNV-1a. */
static uint64_t hash_of(const char *key, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)key[i]) * 0x100000001b3u;
	return hash;
}

/* A store of our own that is closed to others, as the program asks for. */
static bool is_store(const char *root)
{
	struct stat st;
	return root[0] == '/' && !stat(root, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077);
}

const char *recipe_store(void)
{
	const char *root = *recipe_variable("TSBUILD_ROOT") ? recipe_variable("TSBUILD_ROOT") : "/var/lib/tsbuild";
	return strcmp(recipe_variable("TSBUILD_RECIPES"), "off") && is_store(root) ? root : NULL;
}

/* It is open, and begins with this key. */
static bool has_key(struct recipe *r, const char *path, const char *key, size_t size)
{
	if (!recipe_open(r, path)) return false;
	const struct recipe_text *field = recipe_next(r) && r->item.operation == 'K' && r->item.count == 1 ? r->item.fields : NULL;
	if (field && field->size == size && !memcmp(field->bytes, key, size)) return true;
	recipe_close(r);
	return false;
}

bool recipe_find(struct recipe *r, const char *root, const char *key, size_t size)
{
	CLEANUP_FREE char *path = xasprintf("%s/cache/runs/%016llx", root, (unsigned long long)hash_of(key, size));
	return has_key(r, path, key, size);
}

/* Of others it would take rules to write them down as the program does. */
bool recipe_words_plain(char **words)
{
	for (char **word = words; *word; word++)
		for (const char *at = *word; *at; at++)
			if (*at & 0x80) return false;
	return true;
}
