/*
 * again PROGRAM -- SCRIPT WORDS...
 *
 * tsbuild's Node, unless these words are those of a build that is known to find everything done (docs/adr/0008-recipes-of-cached-builds.md):
 * then its recipe (recipe.h) is followed, which says what must be as it was and what the build prints, and no program is started.
 * What fails is undone, and the program does it. It is told by TSBUILD_AGAIN that recipes are looked for.
 *
 * Here belong, besides the operations of recipe_checks.c and recipe_steps.c:
 *   K KEY     what it is the recipe of: it comes first
 *   I ID      what places begin with (recipe_fill.c)
 *   P undo    what follows is for when something has failed
 *   Z TRASH SECONDS
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ahead.h"
#include "recipe.h"
#include "util.h"
#include "verbs.h"

static struct recipe recipe;

/* Everything outside the store and the Dockerfile that a build of these words may depend on; as src/cli/build/recipe-wish.ts. NULL: no recipe. */
static char *key_of(char **words, size_t *size)
{
	enum { MOST_WORDS = 64 };
	const char *const variables[] = {"TSBUILD_ROOT",      "TSBUILD_RUN",			"TSBUILD_PULL",
					 "BUILDKIT_PROGRESS", "DOCKER_DEFAULT_PLATFORM",	"SOURCE_DATE_EPOCH",
					 "CI",		      "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY"};
	CLEANUP_FREE char *directory = getcwd(NULL, 0);
	size_t room = sizeof "build" + 1, count = 0;
	if (!directory) return NULL;
	for (size_t i = 0; i < COUNT(variables); i++) room += strlen(recipe_variable(variables[i])) + 1;
	for (char **word = words; *word; word++, count++) room += strlen(*word) + 1;
	if (count == 0 || count > MOST_WORDS) return NULL;
	char *key = xmalloc(room + strlen(directory) + 1), *end = key;
	end = stpcpy(end, "build") + 1;
	end = stpcpy(end, directory) + 1;
	for (size_t i = 0; i < COUNT(variables); i++) end = stpcpy(end, recipe_variable(variables[i])) + 1;
	for (char **word = words; *word; word++) end = stpcpy(end, *word) + 1;
	*size = (size_t)(end - key);
	return key;
}

/* To its end, or to the part that is named: false when something fails. */
static bool follow(bool undo)
{
	bool here = !undo;
	while (recipe_next(&recipe) && recipe.item.operation != '.') {
		if (recipe.item.operation == 'P') {
			if (!undo) return true;
			here = true;
		} else if (here && recipe.item.operation == 'Z') {
			recipe_sweep(&recipe);
		} else if (here) {
			int result = recipe_check(&recipe);
			if (result > 0) result = recipe_step(&recipe);
			if (result && !undo) return false;
		}
	}
	return undo;
}

static bool do_recipe(void)
{
	if (!recipe_next(&recipe) || recipe.item.operation != 'I' || recipe.item.count != 1) return false;
	recipe.old = recipe.item.fields[0];
	if (recipe.old.size != strlen(recipe_new_id())) return false;
	if (follow(false)) return true;
	recipe_rewind(&recipe);
	(void)follow(true);
	return false;
}

static bool is_known(char **words)
{
	size_t size;
	/* On a terminal, progress is a picture; and a Node that is told something else is not ours to know. */
	const char *root = recipe_store();
	if (!root || !recipe_words_plain(words) || isatty(STDERR_FILENO) || *recipe_variable("NODE_OPTIONS")) return false;
	CLEANUP_FREE char *key = key_of(words, &size);
	if (!key || !recipe_find(&recipe, root, key, size)) return false;
	bool done = recipe_new_values() && do_recipe();
	recipe_close(&recipe);
	return done;
}

int again_main(int argc, char **argv)
{
	if (argc < 4 || strcmp(argv[2], "--") != 0) {
		(void)fprintf(stderr, "usage: tsbuild-native again PROGRAM -- SCRIPT [WORDS]\n");
		return 2;
	}
	char **words = argv + 4;
	if (words[0] && !strcmp(words[0], "build")) words++;
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	if (is_known(words)) return 0;
	(void)signal(SIGPIPE, before);
	(void)setenv("TSBUILD_AGAIN", "1", 1);
	(void)unsetenv("TSBUILD_AHEAD");
	ahead_start(words);
	(void)execvp(argv[1], argv + 1);
	(void)fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
