/*
 * What differs from one run to the next. The id of the container that the recipe was written for, and its short form, stand for those
 * of the new one: nobody knew it before, so it stands nowhere by chance. Behind the whole id, `@` and a word stand for something else:
 *   @name  @created (RFC 3339)  @self (this process, as JSON)  @owner (a name that tells whose a file is)  @milliseconds  @now (of events)
 *   @words (of the command, as JSON, without the outermost quotes)
 */
#include "recipe.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "sys.h"
#include "util.h"

enum { ID = 64, SHORT_ID = 12 };

static struct {
	char id[ID + 1], name[160], created[40], self[192], owner[96], milliseconds[24], boot[48];
} values;

const char *recipe_new_id(void) { return values.id; }
const char *recipe_boot(void) { return values.boot; }
static char *no_words[] = {NULL}, **words = no_words;

void recipe_set_words(char **them) { words = them; }

void recipe_set_name(const char *name) { (void)snprintf(values.name, sizeof values.name, "%s", name); }

void recipe_random_hex(char *out, size_t digits)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[ID];
	if (getrandom(bytes, digits, 0) != (ssize_t)digits) memset(bytes, 0, sizeof bytes);
	for (size_t i = 0; i < digits; i++) out[i] = hex[bytes[i] & 15];
	out[digits] = '\0';
}

unsigned recipe_random_below(unsigned below)
{
	unsigned value = 0;
	(void)!getrandom(&value, sizeof value, 0);
	return value % below;
}

/* One whose short form is a number would be taken for one. */
static void new_id(void)
{
	do recipe_random_hex(values.id, ID);
	while (strspn(values.id, "0123456789") >= SHORT_ID);
}

static void set_times(void)
{
	struct timespec now;
	struct tm utc;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &utc);
	size_t n = strftime(values.created, sizeof values.created, "%Y-%m-%dT%H:%M:%S", &utc);
	(void)snprintf(values.created + n, sizeof values.created - n, ".%03ldZ", now.tv_nsec / 1000000);
	(void)snprintf(values.milliseconds, sizeof values.milliseconds, "%lld",
		       (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* As src/foundation/sys/owned-name.ts. */
static void set_owner(int pid, unsigned long long start)
{
	char random[17], boot[9];
	size_t kept = 0;
	for (const char *at = values.boot; *at && kept < sizeof boot - 1; at++)
		if (*at != '-') boot[kept++] = *at;
	boot[kept] = '\0';
	recipe_random_hex(random, 16);
	(void)snprintf(values.owner, sizeof values.owner, "%d-%llu-%s-%s", pid, start, boot, random);
	(void)snprintf(values.self, sizeof values.self, "{\"pid\":%d,\"startTime\":%llu,\"bootId\":\"%s\"}", pid, start,
		       values.boot);
}

bool recipe_new_values(void)
{
	if (read_text_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", values.boot, sizeof values.boot) <= 0) return false;
	values.boot[strcspn(values.boot, "\n")] = '\0';
	unsigned long long start = sys_start_time(getpid());
	if (start == 0) return false;
	new_id();
	set_times();
	set_owner(getpid(), start);
	return true;
}

struct filled {
	char *bytes;
	size_t size, room;
};

static void append(struct filled *to, const char *bytes, size_t size)
{
	if (to->room - to->size < size + 1) {
		to->room = (to->size + size + 1) * 2;
		to->bytes = xrealloc(to->bytes, to->room);
	}
	memcpy(to->bytes + to->size, bytes, size);
	to->size += size;
}

/* As JSON.stringify does it. */
static void append_json(struct filled *to, const char *text)
{
	static const char short_ones[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	char escape[8];
	for (; *text; text++) {
		const char *found = short_ones;
		while (*found && *found != *text) found += 2;
		if (*found) (void)snprintf(escape, sizeof escape, "\\%c", found[1]);
		else if ((unsigned char)*text < 0x20) (void)snprintf(escape, sizeof escape, "\\u%04x", (unsigned char)*text);
		else (void)snprintf(escape, sizeof escape, "%c", *text);
		append(to, escape, strlen(escape));
	}
}

static void append_words(struct filled *to)
{
	for (char **word = words; *word; word++) {
		if (word != words) append(to, "\",\"", 3);
		append_json(to, *word);
	}
}

static void append_number(struct filled *to, size_t number)
{
	char bytes[4];
	for (unsigned i = 0; i < sizeof bytes; i++) bytes[i] = (char)(number >> (8 * i));
	append(to, bytes, sizeof bytes);
}

char *recipe_arguments(size_t *size)
{
	struct filled to = {0};
	for (char **word = words; *word; word++) {
		append_number(&to, 2);
		append_number(&to, 3);
		append(&to, "arg", 4);
		append_number(&to, strlen(*word));
		append(&to, *word, strlen(*word) + 1);
	}
	append(&to, "", 0);
	*size = to.size;
	return to.bytes;
}

/* Each event has a time of its own, later than the one before. */
static const char *event_time(void)
{
	static char text[96];
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(text, sizeof text, "\"time\":%lld,\"timeNano\":%lld%09ld", (long long)now.tv_sec, (long long)now.tv_sec,
		       now.tv_nsec);
	return text;
}

/* The bytes of the place behind an id that was taken for a word; 0 when there is none. */
static size_t append_word(struct filled *to, const char *at, size_t left)
{
	const struct {
		const char *word, *value;
	} places[] = {{"@name", values.name},   {"@created", values.created},           {"@self", values.self},
		     {"@owner", values.owner}, {"@milliseconds", values.milliseconds}, {"@now", event_time()}};
	for (size_t i = 0; i < COUNT(places); i++) {
		size_t length = strlen(places[i].word);
		if (left < length || memcmp(at, places[i].word, length) != 0) continue;
		append(to, places[i].value, strlen(places[i].value));
		return length;
	}
	if (left < 6 || memcmp(at, "@words", 6) != 0) return 0;
	append_words(to);
	return 6;
}

char *recipe_fill(const struct recipe *r, size_t field, size_t *size)
{
	struct filled to = {0};
	struct recipe_text from = field < r->item.count ? r->item.fields[field] : (struct recipe_text){.bytes = ""};
	const char *at = from.bytes, *end = at + from.size;
	while (r->old.size == ID) {
		const char *found = memmem(at, (size_t)(end - at), r->old.bytes, SHORT_ID);
		if (!found) break;
		append(&to, at, (size_t)(found - at));
		bool whole = end - found >= ID && !memcmp(found, r->old.bytes, ID);
		at = found + (whole ? ID : SHORT_ID);
		size_t word = whole ? append_word(&to, at, (size_t)(end - at)) : 0;
		if (word == 0) append(&to, values.id, whole ? ID : SHORT_ID);
		at += word;
	}
	append(&to, at, (size_t)(end - at));
	to.bytes[to.size] = '\0';
	if (size) *size = to.size;
	return to.bytes;
}
