/*
 * A command line whose options and image have been run before is done as the recipe of them says (recipe.h), without the program, which
 * writes it at the second time. What fails here is undone, and the program does it again and says why. TSBUILD_RECIPES=off: the program
 * does everything.
 *
 * Here belong, besides the operations of recipe_checks.c and recipe_steps.c:
 *   K KEY           what it is the recipe of: it comes first
 *   I ID            of the container that it was written for
 *   R ARG...        the monitor
 *   P started|undo  what follows is for when the container runs, or cannot; failures do not count there
 *   Z TRASH SECONDS a process that empties the trash, where there is anything so old
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "front.h"
#include "recipe.h"
#include "util.h"

static struct recipe recipe;
static bool doing;

static const char *variable(const char *name)
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

static void start_monitor(void)
{
	size_t size = 0, length;
	char *words = NULL;
	for (size_t i = 0; i < recipe.item.count; i++) {
		CLEANUP_FREE char *word = recipe_fill(&recipe, i, &length);
		words = xrealloc(words, size + length + 1);
		memcpy(words + size, word, length + 1);
		size += length + 1;
	}
	if (size > 0) front_start_monitor(words, size - 1);
	free(words);
}

/* It may end before it is done: the next one begins where this one ended. */
static void sweep(const char *trash, const char *seconds)
{
	pid_t child = fork();
	if (child != 0) return;
	sigset_t none;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3 && null >= 0; fd++) (void)dup2(null, fd);
	if (!chdir("/")) (void)execl("/proc/self/exe", "tsbuild-native", "fsops", "sweep", trash, seconds, (char *)NULL);
	_exit(0);
}

/* A few entries tell: they lie there in no order. */
static void sweep_old(void)
{
	enum { LOOKS = 64 };
	uint32_t age;
	CLEANUP_FREE char *trash = recipe_fill(&recipe, 0, NULL);
	CLEANUP_FREE char *seconds = recipe_fill(&recipe, 1, NULL);
	DIR *directory = parse_u32(seconds, &age) ? NULL : opendir(trash);
	if (!directory) return;
	struct dirent *entry;
	struct stat st;
	for (int looks = 0; looks < LOOKS && (entry = readdir(directory)); looks++) {
		if (entry->d_name[0] == '.' || fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW)) continue;
		if (st.st_ctime > time(NULL) - (time_t)age) continue;
		sweep(trash, seconds);
		break;
	}
	(void)closedir(directory);
}

static int do_item(void)
{
	if (recipe.item.operation == 'Z') sweep_old();
	int result = recipe_check(&recipe);
	return result > 0 ? recipe_step(&recipe) : result;
}

/* It is open, and begins with this key. */
static bool has_key(const char *path, const char *key, size_t size)
{
	if (!recipe_open(&recipe, path)) return false;
	const struct recipe_text *field = recipe_next(&recipe) && recipe.item.operation == 'K' && recipe.item.count == 1 ? recipe.item.fields : NULL;
	if (field && field->size == size && !memcmp(field->bytes, key, size)) return true;
	recipe_close(&recipe);
	return false;
}

/*
 * The first words, to the image, are part of the key, and whether a command is behind them; how many there are only the program knows,
 * so every number is tried. NUL between the parts. As src/engine/run/record-run.ts.
 */
static bool find_recipe(const char *root, char **words)
{
	enum { MOST_WORDS = 64 };
	const char *const variables[] = {variable("TSBUILD_ROOT"), variable("TSBUILD_RUN"), variable("TSBUILD_PULL")};
	size_t room = 1, size = 0;
	for (size_t i = 0; i < COUNT(variables); i++) room += strlen(variables[i]) + 1;
	for (char **word = words; *word; word++) room += strlen(*word) + 1;
	CLEANUP_FREE char *key = xmalloc(room);
	for (size_t i = 0; i < COUNT(variables); i++) size += (size_t)(stpcpy(key + size, variables[i]) + 1 - (key + size));
	for (char **word = words; *word && word < words + MOST_WORDS; word++) {
		size += (size_t)(stpcpy(key + size, *word) + 1 - (key + size));
		key[size] = word[1] ? '+' : '.';
		unsigned long long hash = hash_of(key, size + 1);
		CLEANUP_FREE char *path = xasprintf("%s/cache/runs/%016llx", root, hash);
		if (!has_key(path, key, size + 1)) continue;
		recipe_set_words(word + 1);
		return true;
	}
	return false;
}

/* Of others it would take rules to write them down as the program does. */
static bool are_plain(char **words)
{
	for (char **word = words; *word; word++)
		for (const char *at = *word; *at; at++)
			if (*at & 0x80) return false;
	return true;
}

static bool do_recipe(void)
{
	if (!recipe_next(&recipe) || recipe.item.operation != 'I' || recipe.item.count != 1) return false;
	recipe.old = recipe.item.fields[0];
	if (recipe.old.size != strlen(recipe_new_id())) return false;
	doing = true;
	while (recipe_next(&recipe)) {
		if (recipe.item.operation == 'R') {
			start_monitor();
			return front.monitor > 0;
		}
		if (do_item()) return false;
	}
	return false;
}

static void do_part(const char *name)
{
	bool here = false;
	recipe_rewind(&recipe);
	while (recipe_next(&recipe)) {
		const struct recipe_text *first = recipe.item.fields;
		if (recipe.item.operation == 'P')
			here = recipe.item.count == 1 && first->size == strlen(name) && !memcmp(first->bytes, name, first->size);
		else if (here)
			(void)do_item();
	}
}

static void finish(const char *part)
{
	do_part(part);
	recipe_close(&recipe);
	doing = false;
}

bool front_replay(char **words)
{
	const char *root = *variable("TSBUILD_ROOT") ? variable("TSBUILD_ROOT") : "/var/lib/tsbuild";
	if (!words[0] || !strcmp(variable("TSBUILD_RECIPES"), "off") || !is_store(root)) return false;
	if (!are_plain(words) || !find_recipe(root, words)) return false;
	bool done = recipe_new_values() && do_recipe();
	if (!done) (void)front_replay_undo();
	return done;
}

void front_replay_started(void)
{
	if (doing) finish("started");
}

bool front_replay_undo(void)
{
	if (!doing) {
		recipe_close(&recipe);
		return false;
	}
	finish("undo");
	return true;
}
