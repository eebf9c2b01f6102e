/* PAX extended header records (pax(1)): `LENGTH KEY=VALUE\n`, LENGTH counting itself. */
#include <string.h>

#include "tar_member.h"

/* At most `most` digits. */
static bool decimal(const char *text, size_t size, size_t most, uint64_t *value)
{
	*value = 0;
	if (size == 0 || size > most) return false;
	for (size_t i = 0; i < size; i++) {
		if (text[i] < '0' || text[i] > '9') return false;
		*value = *value * 10 + (uint64_t)(text[i] - '0');
	}
	return true;
}

static bool limited(const char *text, size_t size, uint64_t limit, uint64_t *value)
{
	return decimal(text, size, 16, value) && *value <= limit;
}

/* `SECONDS[.FRACTION]`; times before 1970 are odd. */
static bool take_time(struct tar_before *b, const char *text, size_t size)
{
	const char *point = memchr(text, '.', size);
	size_t whole = point ? (size_t)(point - text) : size;
	if (!decimal(text, whole, 15, &b->mtime)) return false;
	b->mtime_nsec = 0;
	for (size_t i = whole + 1, unit = 100000000; i < size; i++, unit /= 10) {
		if (text[i] < '0' || text[i] > '9') return false;
		b->mtime_nsec += (uint32_t)(unit * (size_t)(text[i] - '0'));
	}
	return true;
}

struct record {
	const char *key, *value;
	size_t key_size, value_size;
};

static bool is_key(const struct record *r, const char *key)
{
	return strlen(key) == r->key_size && memcmp(r->key, key, r->key_size) == 0;
}

static bool begins(const struct record *r, const char *with)
{
	size_t size = strlen(with);
	return r->key_size >= size && memcmp(r->key, with, size) == 0;
}

/* An empty value takes back what was said before. */
static bool take_record(struct tar_before *b, const struct record *r)
{
	static const uint64_t max_id = 0xfffffffe, max_size = (1ull << 53) - 1;
	const char *value = r->value;
	size_t size = r->value_size;
	bool some = size > 0;
	if (begins(r, "GNU.sparse.") || begins(r, "SCHILY.xattr.")) return false;
	if (is_key(r, "path")) return b->has_path = some, tar_text_set(&b->path, value, size);
	if (is_key(r, "linkpath")) return b->has_link = some, tar_text_set(&b->link, value, size);
	if (is_key(r, "size")) return b->has_size = some, !some || limited(value, size, max_size, &b->size);
	if (is_key(r, "uid")) return b->has_uid = some, !some || limited(value, size, max_id, &b->uid);
	if (is_key(r, "gid")) return b->has_gid = some, !some || limited(value, size, max_id, &b->gid);
	if (is_key(r, "mtime")) return b->has_mtime = some, !some || take_time(b, value, size);
	return true;
}

/* The record at `at`, and where the next one is. */
static bool next_record(const char *body, size_t size, size_t *at, struct record *r)
{
	const char *start = body + *at;
	const char *space = memchr(start, ' ', size - *at);
	uint64_t length;
	if (!space || start[0] == '0' || !decimal(start, (size_t)(space - start), 10, &length) || length > size - *at) return false;
	const char *end = start + length;
	if (end <= space + 1 || end[-1] != '\n') return false;
	const char *equals = memchr(space + 1, '=', (size_t)(end - space) - 1);
	if (!equals || equals == space + 1) return false;
	*r = (struct record){space + 1, equals + 1, (size_t)(equals - space) - 1, (size_t)(end - equals) - 2};
	*at += length;
	return true;
}

static bool take_pax(struct tar_before *before, const char *body, size_t size)
{
	for (size_t at = 0; at < size;) {
		struct record record;
		if (!next_record(body, size, &at, &record) || !take_record(before, &record)) return false;
	}
	return true;
}

bool tar_before_add(struct tar_before *before, uint8_t flag, const char *body, size_t size)
{
	before->any = true;
	if (flag == 'x') return take_pax(before, body, size);
	size = strnlen(body, size);
	if (flag == 'L') return before->has_long_name = true, tar_text_set(&before->long_name, body, size);
	return before->has_long_link = true, tar_text_set(&before->long_link, body, size);
}
