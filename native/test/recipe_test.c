/* Recipes: fields are filled, a file that is cut off anywhere is no recipe to its end, and checks see what has changed. */
#include "recipe.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "util.h"

#define OLD "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char directory[] = "/tmp/tsbuild-recipe-XXXXXX", file[128], other[128];
static char bytes[4096];
static size_t size;

static void put(const void *from, size_t count)
{
	memcpy(bytes + size, from, count);
	size += count;
}

static void begin(void)
{
	static const char mark[] = "tsbuild recipe 1\n";
	size = 0;
	put(mark, sizeof mark - 1);
}

static void item(char operation, const char *const *fields)
{
	uint16_t count = 0;
	while (fields[count]) count++;
	put(&operation, 1);
	put(&count, sizeof count);
	for (uint16_t i = 0; i < count; i++) {
		uint32_t length = (uint32_t)strlen(fields[i]);
		put(&length, sizeof length);
		put(fields[i], length);
	}
}

#define ITEM(operation, ...) item(operation, (const char *const[]){__VA_ARGS__, NULL})

static void save(const char *path, const void *from, size_t count, mode_t mode)
{
	(void)unlink(path);
	CLEANUP_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	CHECK(fd >= 0 && !fchmod(fd, mode) && !write_all(fd, from, count));
}

static int only_item(void)
{
	struct recipe r;
	item('.', (const char *const[]){NULL});
	save(file, bytes, size, 0600);
	CHECK(recipe_open(&r, file) && recipe_next(&r));
	r.old = (struct recipe_text){.bytes = OLD, .size = 64};
	int result = recipe_check(&r);
	if (result > 0) result = recipe_step(&r);
	recipe_close(&r);
	return result;
}

#define DO(operation, ...) (begin(), ITEM(operation, __VA_ARGS__), only_item())

static void test_fill(void)
{
	struct recipe r;
	char expected[512];
	size_t filled;
	begin();
	ITEM('F', "a " OLD "/" OLD "@name 0123456789ab! 0123456789a " OLD "@nothing", "", OLD "@owner", OLD "@self");
	item('.', (const char *const[]){NULL});
	save(file, bytes, size, 0600);
	recipe_set_name("kind_fox");
	CHECK(recipe_open(&r, file) && recipe_next(&r) && r.item.count == 4);
	r.old = (struct recipe_text){.bytes = OLD, .size = 64};
	const char *id = recipe_new_id();
	CLEANUP_FREE char *text = recipe_fill(&r, 0, &filled);
	(void)snprintf(expected, sizeof expected, "a %s/kind_fox %.12s! 0123456789a %s@nothing", id, id, id);
	CHECK(!strcmp(text, expected) && filled == strlen(expected));
	CLEANUP_FREE char *nothing = recipe_fill(&r, 1, &filled);
	CHECK(filled == 0 && !*nothing);
	CLEANUP_FREE char *owner = recipe_fill(&r, 2, NULL);
	int pid;
	unsigned long long start;
	char boot[9], random[17];
	CHECK(sscanf(owner, "%d-%llu-%8[0-9a-f]-%16[0-9a-f]", &pid, &start, boot, random) == 4 && pid == getpid());
	CLEANUP_FREE char *self = recipe_fill(&r, 3, NULL);
	CHECK(sscanf(self, "{\"pid\":%d,\"startTime\":%llu,\"bootId\":", &pid, &start) == 2 && pid == getpid());
	CLEANUP_FREE char *absent = recipe_fill(&r, 4, &filled);
	CHECK(filled == 0 && !*absent);
	recipe_close(&r);
}

static void test_damage(void)
{
	struct recipe r;
	begin();
	ITEM('K', "key", "");
	ITEM('D', "/a", "448", "0", "0");
	item('.', (const char *const[]){NULL});
	for (size_t cut = 0; cut < size; cut++) {
		save(file, bytes, cut, 0600);
		CHECK(!recipe_open(&r, file));
	}
	/* Sizes that lead far out. */
	for (size_t at = 17; at < size; at++) {
		char before = bytes[at];
		bytes[at] = (char)0xff;
		save(file, bytes, size, 0600);
		if (recipe_open(&r, file)) {
			while (recipe_next(&r))
				for (size_t i = 0; i < r.item.count; i++)
					CHECK(r.item.fields[i].bytes + r.item.fields[i].size <= r.bytes + r.size);
			recipe_close(&r);
		}
		bytes[at] = before;
	}
	save(file, bytes, size, 0620);
	CHECK(!recipe_open(&r, file));
	save(file, bytes, size, 0600);
	CHECK(!symlink(file, other) && !recipe_open(&r, other) && !unlink(other));
	/* More than it says, and one that nobody writes to. */
	bytes[size] = '\n';
	save(file, bytes, size + 1, 0600);
	CHECK(!recipe_open(&r, file));
	CHECK(!mkfifo(other, 0600) && !recipe_open(&r, other) && !unlink(other));
}

static void test_checks(void)
{
	char state[256], identity[64];
	struct stat st;
	save(other, "one\ntwo\nthree\n", 14, 0600);
	CHECK(!stat(other, &st));
	(void)snprintf(identity, sizeof identity, "%llu:%llu", (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	(void)snprintf(state, sizeof state, "%s:%u:%u:%u:%lld:%lld:%lld", identity, st.st_mode, st.st_uid, st.st_gid,
		       (long long)st.st_size, (long long)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
		       (long long)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec);
	CHECK(DO('S', other, state) == 0);
	CHECK(DO('V', other, "384", "one\ntwo\nthree\n") == 0 && DO('V', other, "", "one\ntwo\nthree\n") == 0);
	CHECK(DO('V', other, "256", "one\ntwo\nthree\n") < 0 && DO('V', other, "", "one\ntwo\nthree") < 0);
	CHECK(DO('V', other, "", "one\ntwo\nthreE\n") < 0 && DO('V', other, "", "one\ntwo\nthree\n\n") < 0);
	CHECK(DO('V', other, "") < 0 && DO('V', directory, "", "") < 0 && DO('V', "/proc/nothing", "", "") < 0);
	CHECK(DO('N', other, "14") == 0 && DO('N', other, "13") < 0 && DO('N', directory, "14") < 0);
	CHECK(DO('N', other, "x") < 0 && DO('N', "/proc/nothing", "0") < 0);
	CHECK(DO('E', other, identity) == 0);
	CHECK(DO('A', other) == -1);
	CHECK(DO('Q', other, "14") == 0);
	CHECK(DO('Q', other, "13") == -1);
	CHECK(DO('G', other, "t", "two\nthree\n") == 0);
	CHECK(DO('G', other, "t", "two\n") == -1);
	CHECK(DO('G', other, "t", "two\nthree\ntable\n") == -1);
	CHECK(DO('G', other, "", "one\ntwo\nthree\n") == 0);
	CHECK(DO('B', recipe_boot()) == 0);
	CHECK(DO('B', "another boot") == -1);
	CHECK(!chmod(other, 0640));
	CHECK(DO('S', other, state) == -1);
	CHECK(DO('E', other, identity) == 0);
	CHECK(!unlink(other));
	CHECK(DO('S', other, state) == -1 && DO('E', other, identity) == -1);
	CHECK(DO('A', other) == 0 && DO('Q', other, "0") == 0);
	CHECK(DO('G', other, "t", "") == -1);
	CHECK(DO('?', other) == 1);
}

static bool holds(const char *path, const char *text)
{
	char found[256];
	return read_text_at(AT_FDCWD, path, found, sizeof found) >= 0 && !strcmp(found, text);
}

static void test_steps(void)
{
	char ids[32], made[160], name[160];
	struct stat st;
	(void)snprintf(ids, sizeof ids, "%u", (unsigned)geteuid());
	(void)snprintf(made, sizeof made, "%s/made", directory);
	CHECK(DO('D', made, "448", ids, ids) == 0 && !stat(made, &st) && (st.st_mode & 07777) == 0700);
	CHECK(DO('D', made, "448", ids, ids) == -1);
	CHECK(DO('F', other, "384", "text of 0123456789ab") == 0);
	CHECK(DO('F', other, "384", "again") == -1);
	CHECK(!holds(other, "text of 0123456789ab"));
	CHECK(DO('W', other, "new", "er") == 0 && !truncate(other, 5) && holds(other, "newer"));
	char *command[] = {(char *)"a\"\\\n\x01\x7f", (char *)"", (char *)"b", NULL}, request[64];
	recipe_set_words(command);
	CHECK(!unlink(other) && DO('F', other, "384", "[\"" OLD "@words\"]") == 0);
	CHECK(holds(other, "[\"a\\\"\\\\\\n\\u0001\x7f\",\"\",\"b\"]"));
	command[0] = command[2], command[1] = NULL;
	CHECK(!unlink(other) && DO('T', other, "384", "<", ">") == 0);
	CLEANUP_CLOSE int fd = open(other, O_RDONLY);
	CHECK(read(fd, request, sizeof request) == 28 && !memcmp(request, "TSB1\x14\0\0\0<\2\0\0\0\3\0\0\0arg\0\1\0\0\0b\0>", 28));
	CHECK(!unlink(other) && DO('F', other, "384", "newer") == 0);
	CHECK(DO('R', other, "384", "newer") == 0 && holds(other, "newer") && DO('R', "other", "384", "") == -1);
	CHECK(DO('R', directory, "384", "") == -1 && DO('R', "/proc/nothing/there", "384", "") == -1);
	(void)snprintf(name, sizeof name, "%s/link", directory);
	CHECK(!symlink(other, name) && DO('R', name, "384", "") == -1 && !unlink(name) && holds(other, "newer"));
	CHECK(DO('J', other, "!") == 0 && holds(other, "newer!"));
	/* Nothing was told yet of the container of this item. */
	CHECK(DO('j', other, "?") == 0 && holds(other, "newer!"));
	(void)snprintf(name, sizeof name, "%s/a_b", directory);
	CHECK(DO('X', made, directory, "a", "b") == 0 && !stat(name, &st));
	CHECK(DO('X', made, directory, "a", "b") == 0 && !stat(name, &st));
	CHECK(DO('n', made) == 0 && stat(name, &st));
	CHECK(DO('c', made) == -1);
	CHECK(DO('U', other) == 0 && DO('U', other) == -1);
}

int main(void)
{
	CHECK(mkdtemp(directory));
	(void)snprintf(file, sizeof file, "%s/recipe", directory);
	(void)snprintf(other, sizeof other, "%s/other", directory);
	CHECK(recipe_new_values());
	CHECK(strlen(recipe_new_id()) == 64);
	test_fill();
	test_damage();
	test_checks();
	test_steps();
	CLEANUP_FREE char *clean = xasprintf("rm -rf %s", directory);
	CHECK(!system(clean));
	return 0;
}
