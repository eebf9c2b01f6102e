/* Recipes about a context: what is marked is compared, and a stat cache that is cut off or damaged says no. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <fcntl.h>

#include "check.h"
#include "recipe.h"
#include "stat_record.h"
#include "util.h"

enum { HEAD = 40, SEAL = 32 };

static char directory[] = "/tmp/tsbuild-context-XXXXXX", inner[192], cache[128];
static char seal[2 * SEAL + 1];

static void save(const char *path, const void *from, size_t count)
{
	(void)unlink(path);
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && !write_all(fd, from, count));
}

static void put_u32(char *at, size_t value)
{
	for (unsigned i = 0; i < 4; i++) at[i] = (char)(value >> (8 * i));
}

/* A block of one directory that has one name, at `at`; its size. */
static size_t write_block(char *at, const char *path, const char *name, const struct stat *st)
{
	const double stamp[] = {(double)st->st_size, stat_milliseconds(st->st_mtim), stat_milliseconds(st->st_ctim),
				(double)st->st_ino,  (double)st->st_dev,	     (double)st->st_mode};
	size_t length = strlen(path), size = STAT_BLOCK + length + STAT_RECORD + strlen(name);
	memset(at, 0, size);
	put_u32(at, size - 4);
	put_u32(at + 4, length);
	put_u32(at + 8, STAT_COMPARABLE);
	put_u32(at + 12, 1);
	memcpy(at + STAT_BLOCK, path, length);
	char *record = at + STAT_BLOCK + length;
	memcpy(record, stamp, sizeof stamp);
	record[STAT_RECORD - 4] = (char)strlen(name);
	memcpy(record + STAT_RECORD, name, strlen(name));
	return size;
}

static struct recipe_text text(const char *bytes) { return (struct recipe_text){.bytes = bytes, .size = strlen(bytes)}; }

static struct recipe_text plain = {.bytes = ""};

static bool same_in(const char *root, const char *known, const char *marks, size_t count)
{
	struct recipe_text fields[] = {text(root), text(cache), text(known), {.bytes = marks, .size = count}, plain};
	const struct recipe r = {.item = {.operation = 'L', .fields = fields, .count = COUNT(fields)}};
	return recipe_context(&r) == 0;
}

static bool same(const char *marks, size_t count) { return same_in(directory, seal, marks, count); }

/* Of two directories, the first is not what it was. */
static size_t write_cache(char *state, size_t *second)
{
	struct stat top, leaf;
	CLEANUP_FREE char *below = xasprintf("%s/below", directory);
	(void)snprintf(inner, sizeof inner, "%s/leaf", below);
	CHECK(!mkdir(below, 0700));
	save(inner, "leaf", 4);
	CHECK(!stat(below, &top) && !stat(inner, &leaf));
	*second = HEAD + write_block(state + HEAD, "", "nothing", &top);
	size_t end = *second + write_block(state + *second, "below", "leaf", &leaf);
	memset(state + end, 0x5a, SEAL);
	for (size_t i = 0; i < 2 * SEAL; i++) seal[i] = i % 2 ? 'a' : '5';
	return end;
}

static void test_damage(char *state, size_t second, size_t end)
{
	for (size_t size = 0; size < end + SEAL; size++) {
		save(cache, state, size);
		CHECK(!same("\2", 1));
	}
	/* Sizes that lead far out, up to the numbers of files and directories, which are not asked here. */
	for (size_t at = second; at < second + 20; at++) {
		char before = state[at];
		state[at] = (char)0xff;
		save(cache, state, end + SEAL);
		/* Whether it can be compared alone says nothing. */
		CHECK(!same("\2", 1) || (at >= second + 8 && at < second + 12));
		state[at] = before;
	}
}

int main(void)
{
	char state[1024] = "TSBSTAT2";
	size_t second;
	CHECK(mkdtemp(directory));
	(void)snprintf(cache, sizeof cache, "%s/cache", directory);
	size_t end = write_cache(state, &second);
	save(cache, state, end + SEAL);
	CHECK(same("\2", 1) && same("\2\0", 2));
	CHECK(!same("\1", 1) && !same("\3", 1) && !same("\0", 1) && !same("", 0));
	/* Marks for what is not there. */
	CHECK(!same("\6", 1) && !same("\2\1", 2));
	CHECK(!same_in(directory, "5a", "\2", 1) && !same_in(cache, seal, "\2", 1) && !same_in("/proc/nothing", seal, "\2", 1));
	struct recipe_text fields[] = {text(directory), text(cache), text(seal)};
	const struct recipe few = {.item = {.operation = 'L', .fields = fields, .count = COUNT(fields)}};
	CHECK(recipe_context(&few) < 0);
	test_damage(state, second, end);
	save(cache, state, end + SEAL);
	CHECK(same("\2", 1));
	/* Whether ignored directories may show something is answered by what else is said. */
	state[second + 8] = 0;
	save(cache, state, end + SEAL);
	CHECK(same("\2", 1));
	plain = (struct recipe_text){"below/leaf", sizeof "below/leaf"};
	CHECK(same("\2", 1));
	const struct recipe_text others[] = {{"below", sizeof "below"}, {"below/leaf", 10}, {"below/leaf\0below", 17}, {"gone", 5}, {"", 1}};
	for (size_t i = 0; i < COUNT(others); i++) {
		plain = others[i];
		CHECK(!same("\2", 1));
	}
	plain = (struct recipe_text){.bytes = ""};
	save(inner, "lead", 4);
	CHECK(!same("\2", 1));
	CLEANUP_FREE char *clean = xasprintf("rm -rf %s", directory);
	CHECK(!system(clean));
	return 0;
}
