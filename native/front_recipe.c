/*
 * A command line that has been run before is done as its recipe says (recipe.h), without the program. The first run of it is only
 * remembered; the second one gets TSBUILD_RECIPE, the path to write the recipe to; from then on it is done here, until something that
 * went into it has changed. Whatever fails here is undone, and the program does it again and says why.
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

/* What decides, besides what is checked: NUL between the parts. As src/cli/run/recipe-place.ts. */
static char *key_of(char **words, size_t *size)
{
	const char *const parts[] = {variable("TSBUILD_ROOT"), variable("TSBUILD_RUN"), variable("TSBUILD_PULL")};
	*size = 0;
	for (size_t i = 0; i < COUNT(parts); i++) *size += strlen(parts[i]) + 1;
	for (char **word = words; *word; word++) *size += strlen(*word) + 1;
	char *key = xmalloc(*size), *at = key;
	for (size_t i = 0; i < COUNT(parts); i++) at = stpcpy(at, parts[i]) + 1;
	for (char **word = words; *word; word++) at = stpcpy(at, *word) + 1;
	return key;
}

/* FNV-1a. Two keys with the same one take turns. */
static uint64_t hash_of(const char *key, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < size; i++) hash = (hash ^ (uint8_t)key[i]) * 0x100000001b3u;
	return hash ? hash : 1;
}

/* A store of our own that is closed to others, as the program asks for. */
static bool is_store(const char *root)
{
	struct stat st;
	return root[0] == '/' && !stat(root, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() && !(st.st_mode & 077);
}

/* Remembers a few hundred of the last command lines; false for one that is new. */
static bool seen_before(const char *directory, uint64_t hash)
{
	enum { PLACES = 1024 };
	uint64_t before = 0;
	off_t at = (off_t)(hash % PLACES * sizeof hash);
	CLEANUP_FREE char *path = xasprintf("%s/seen", directory);
	CLEANUP_CLOSE int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) return mkdir(directory, 0700) && false;
	if (pread(fd, &before, sizeof before, at) == sizeof before && before == hash) return true;
	(void)!pwrite(fd, &hash, sizeof hash, at);
	return false;
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

static bool do_recipe(const char *key, size_t size)
{
	if (!recipe_next(&recipe) || recipe.item.operation != 'K' || recipe.item.count != 1) return false;
	if (recipe.item.fields[0].size != size || memcmp(recipe.item.fields[0].bytes, key, size) != 0) return false;
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
	mode_t mask = umask(0);
	do_part(part);
	(void)umask(mask);
	recipe_close(&recipe);
	doing = false;
}

bool front_replay(char **words)
{
	size_t size;
	const char *root = *variable("TSBUILD_ROOT") ? variable("TSBUILD_ROOT") : "/var/lib/tsbuild";
	/* Another root: the program has a look at it. */
	if (!words[0] || !strncmp(words[0], "--root", 6) || !is_store(root)) return false;
	CLEANUP_FREE char *key = key_of(words, &size);
	CLEANUP_FREE char *directory = xasprintf("%s/cache/runs", root);
	uint64_t hash = hash_of(key, size);
	char *path = xasprintf("%s/%016llx", directory, (unsigned long long)hash);
	if (!recipe_open(&recipe, path)) {
		if (seen_before(directory, hash)) front.recipe = path;
		else free(path);
		return false;
	}
	/* Should it not do any more, the program writes it anew. */
	front.recipe = path;
	mode_t mask = umask(0);
	bool done = recipe_new_values() && do_recipe(key, size);
	(void)umask(mask);
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
