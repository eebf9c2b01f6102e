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
#include <stdio.h>
#include <string.h>

#include "front.h"
#include "recipe.h"
#include "util.h"

static struct recipe recipe;
static bool doing;

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

static int do_item(void)
{
	if (recipe.item.operation == 'Z') recipe_sweep(&recipe);
	int result = recipe_check(&recipe);
	return result > 0 ? recipe_step(&recipe) : result;
}

/*
 * The first words, to the image, are part of the key, and whether a command is behind them; how many there are only the program knows,
 * so every number is tried. NUL between the parts. As src/engine/run/record-run.ts.
 */
static bool find_recipe(const char *root, char **words)
{
	enum { MOST_WORDS = 64 };
	const char *const variables[] = {recipe_variable("TSBUILD_ROOT"), recipe_variable("TSBUILD_RUN"), recipe_variable("TSBUILD_PULL")};
	size_t room = 1, size = 0;
	for (size_t i = 0; i < COUNT(variables); i++) room += strlen(variables[i]) + 1;
	for (char **word = words; *word; word++) room += strlen(*word) + 1;
	CLEANUP_FREE char *key = xmalloc(room);
	for (size_t i = 0; i < COUNT(variables); i++) size += (size_t)(stpcpy(key + size, variables[i]) + 1 - (key + size));
	for (char **word = words; *word && word < words + MOST_WORDS; word++) {
		size += (size_t)(stpcpy(key + size, *word) + 1 - (key + size));
		key[size] = word[1] ? '+' : '.';
		if (!recipe_find(&recipe, root, key, size + 1)) continue;
		recipe_set_words(word + 1);
		return true;
	}
	return false;
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
	const char *root = recipe_store();
	if (!words[0] || !root) return false;
	if (!recipe_words_plain(words) || !find_recipe(root, words)) return false;
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
