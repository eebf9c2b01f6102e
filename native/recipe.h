/*
 * Recipes: what tsrun did for a command line, as a list of small operations, so that the same command line is run again without Node
 * (docs/adr/0007-recipes-of-runs.md). src/runtime/container/recipe writes them and has the meaning of each operation; here they are
 * only done. There is one at a time in a process.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

struct recipe_text {
	const char *bytes;
	size_t size;
};

/* A letter and its fields. */
struct recipe_item {
	char operation;
	struct recipe_text *fields;
	size_t count, room;
};

struct recipe {
	char *bytes;
	size_t size, at;
	struct recipe_item item;
	/* The container that it was written for; in every field that comes after it, its id stands for the new one. */
	struct recipe_text old;
	bool told; /* the journal knows of the container */
};

/* recipe_read.c. False for a file that is none of ours, or is damaged. */
bool recipe_open(struct recipe *recipe, const char *path);
/* The next item into recipe->item. False at the end, and where it is damaged. */
bool recipe_next(struct recipe *recipe);
/* The next item is the first one. */
void recipe_rewind(struct recipe *recipe);
void recipe_close(struct recipe *recipe);

/* recipe_find.c */
/* The text of a variable of the environment, empty when there is none. */
const char *recipe_variable(const char *name);
/* The store, one of our own that is closed to others, as the program asks for; NULL: no recipes are wanted, or there is none. */
const char *recipe_store(void);
/* Opens the recipe of these bytes. False when there is none. */
bool recipe_find(struct recipe *recipe, const char *root, const char *key, size_t size);
/* Of other words it would take rules to write them down as the program does. */
bool recipe_words_plain(char **words);

/* recipe_sweep.c: a process that empties the trash (field 0), where a few looks find something that is so many seconds old (field 1). */
void recipe_sweep(const struct recipe *recipe);

/* recipe_fill.c: what differs from run to run. */
bool recipe_new_values(void);
const char *recipe_new_id(void);
const char *recipe_boot(void);
void recipe_set_name(const char *name);
/* The command: words behind the image, ended by NULL. */
void recipe_set_words(char **words);
/* All of them as arguments of a request (native/request.h). To be freed. */
char *recipe_arguments(size_t *size);
/* A field with its places filled, ended by a NUL that does not count; of a field that is not there the empty text. To be freed. */
char *recipe_fill(const struct recipe *recipe, size_t field, size_t *size);
void recipe_random_hex(char *out, size_t digits);
unsigned recipe_random_below(unsigned below);

/* recipe_context.c: 0 when it was found unchanged, else -1. */
int recipe_context(const struct recipe *recipe);

/* recipe_checks.c, recipe_steps.c: 0 when it was done, -1 when not, 1 for an operation of another kind. */
int recipe_check(struct recipe *recipe);
int recipe_step(struct recipe *recipe);
