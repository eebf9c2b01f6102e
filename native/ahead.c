/*
 * The answer: the directory's real path, the path of its stat cache and that one's seal in hex, each ended by NUL; then what
 * `fsops changed` gives for all of it. Nothing at all where something fails: Node asks again then.
 */
#include "ahead.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "fsops.h"
#include "recipe.h"
#include "sha256.h"
#include "stat_compare.h"
#include "stat_record.h"

enum {
	SEAL = 32,
	NAME = 32,	  /* digits of a stat cache's name */
	WORTH_IT = 2000, /* names; of fewer Node does not ask (src/build/context/unchanged-directories.ts) */
};

static void hex_of(char *out, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++) (void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

/* Absolute, as Node resolves it; NULL for what would have to be put in order first. */
static char *directory_of(const char *word)
{
	while (word[0] == '.' && word[1] == '/') word += 2;
	size_t size = strlen(word);
	while (size > 1 && word[size - 1] == '/') size--;
	CLEANUP_FREE char *here = getcwd(NULL, 0);
	if (!here || here[0] != '/') return NULL;
	if (size == 0 || (size == 1 && word[0] == '.')) return xstrdup(here);
	char *path = word[0] == '/' ? xasprintf("%.*s", (int)size, word) : xasprintf("%s/%.*s", here[1] ? here : "", (int)size, word);
	for (const char *at = path; (at = strchr(at, '/')); at++) {
		const char *part = at + 1;
		size_t length = strcspn(part, "/");
		bool plain = length > 2 || (length > 0 && strncmp(part, "..", length) != 0);
		if (plain) continue;
		free(path);
		return NULL;
	}
	return path;
}

/* As src/engine/build/context.ts names it. */
static char *state_of(const char *store, const char *directory)
{
	struct sha256 sum;
	uint8_t digest[SHA256_SIZE];
	char name[NAME + 1];
	sha256_begin(&sum);
	sha256_add(&sum, directory, strlen(directory));
	sha256_end(&sum, digest);
	hex_of(name, digest, NAME / 2);
	return xasprintf("%s/context/%s", store, name);
}

/* 0, with the last bytes of a file that says of many names. */
static int seal_of(const char *state, char seal[2 * SEAL + 1])
{
	struct stat st;
	uint8_t bytes[SEAL];
	CLEANUP_CLOSE int file = open(state, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0 || fstat(file, &st) || !S_ISREG(st.st_mode) || st.st_size < WORTH_IT * STAT_RECORD) return -1;
	if (pread(file, bytes, SEAL, st.st_size - SEAL) != SEAL) return -1;
	hex_of(seal, bytes, SEAL);
	return 0;
}

static bool all(const struct stat_block *block, const void *arg)
{
	(void)block;
	(void)arg;
	return true;
}

static int compare(const char *path, const char *state, const char *seal, struct bytes *out)
{
	struct err e;
	struct stat_cache cache;
	struct stat_blocks blocks = {0};
	CLEANUP_CLOSE int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || stat_cache_open(&cache, state, seal, &e)) return -1;
	int result = stat_cache_choose(&cache, all, NULL, &blocks, &e);
	if (!result) {
		(void)stat_blocks_compare(&blocks, root, false);
		for (size_t i = 0; i < blocks.count; i++)
			if (blocks.list[i].differs) bytes_u32(out, blocks.list[i].number);
		bytes_u32(out, (uint32_t)blocks.count);
		bytes_u32(out, UINT32_MAX);
	}
	free(blocks.list);
	stat_cache_close(&cache);
	return result;
}

/* Whoever waits for the end of the program's output does not wait for us, and without the program nobody asks. */
static void leave_standard(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd <= 2 && null >= 0; fd++) (void)dup2(null, fd);
}

static void answer(int fd, const char *directory, const char *state, const char *seal)
{
	struct bytes out = {0};
	char *root = realpath(directory, NULL);
	if (!root) return;
	bytes_add(&out, root, strlen(root) + 1);
	bytes_add(&out, state, strlen(state) + 1);
	bytes_add(&out, seal, strlen(seal) + 1);
	if (!compare(root, state, seal, &out)) (void)write_all(fd, out.data, out.used);
	free(out.data);
	free(root);
}

static void start(const char *directory, const char *state, const char *seal)
{
	struct stat st;
	int ends[2];
	char text[48];
	if (pipe2(ends, O_CLOEXEC)) return;
	/* One of the standard descriptors, where they were closed, would be taken for what it is not. */
	pid_t pid = ends[0] <= 2 || fstat(ends[0], &st) ? -1 : fork();
	if (pid == 0) {
		leave_standard();
		answer(ends[1], directory, state, seal);
		_exit(0);
	}
	(void)close(ends[1]);
	(void)snprintf(text, sizeof text, "%d:%llu", ends[0], pid > 0 ? (unsigned long long)st.st_ino : 0);
	/* It stays open in the program. */
	if (pid > 0 && !fcntl(ends[0], F_SETFD, 0) && !setenv("TSBUILD_AHEAD", text, 1)) return;
	(void)close(ends[0]);
}

void ahead_start(char **words)
{
	char seal[2 * SEAL + 1];
	const char *last = NULL, *store = recipe_store();
	for (char **word = words; *word; word++) last = *word;
	if (!store || !last || *last == '-') return;
	CLEANUP_FREE char *directory = directory_of(last);
	CLEANUP_FREE char *state = directory ? state_of(store, directory) : NULL;
	if (state && !seal_of(state, seal)) start(directory, state, seal);
}
