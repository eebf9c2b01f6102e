#include "tar_text.h"

#include <string.h>

static bool is_ascii(const uint8_t *bytes, size_t size)
{
	uint8_t all = 0;
	for (size_t i = 0; i < size; i++) all |= bytes[i];
	return all < 0x80;
}

/* Bytes of the sequence at `s` by Unicode table 3-7, 0 for none. */
static size_t sequence(const uint8_t *s, size_t size)
{
	uint8_t a = s[0], low = 0x80, high = 0xbf;
	size_t length = a < 0x80 ? 1 : a >= 0xc2 && a <= 0xdf ? 2 : a >= 0xe0 && a <= 0xef ? 3 : a >= 0xf0 && a <= 0xf4 ? 4 : 0;
	if (length == 0 || length > size) return 0;
	if (a == 0xe0) low = 0xa0;
	if (a == 0xed) high = 0x9f;
	if (a == 0xf0) low = 0x90;
	if (a == 0xf4) high = 0x8f;
	for (size_t i = 1; i < length; i++) {
		if (s[i] < low || s[i] > high) return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}

static bool is_utf8(const uint8_t *bytes, size_t size)
{
	if (is_ascii(bytes, size)) return true;
	for (size_t at = 0, length; at < size; at += length) {
		length = sequence(bytes + at, size - at);
		if (length == 0) return false;
	}
	return true;
}

bool tar_text_set(struct tar_text *text, const char *bytes, size_t size)
{
	if (size > TAR_PATH_MAX || memchr(bytes, 0, size) || !is_utf8((const uint8_t *)bytes, size)) return false;
	memcpy(text->at, bytes, size);
	text->size = size;
	return true;
}

bool tar_text_clean(struct tar_text *clean, const struct tar_text *text)
{
	clean->size = 0;
	for (size_t at = 0; at < text->size;) {
		const char *part = text->at + at;
		const char *slash = memchr(part, '/', text->size - at);
		size_t size = slash ? (size_t)(slash - part) : text->size - at;
		at += size + 1;
		if (size == 0 || (size == 1 && part[0] == '.')) continue;
		if (size > TAR_NAME_MAX || (size == 2 && part[0] == '.' && part[1] == '.')) return false;
		if (clean->size) clean->at[clean->size++] = '/';
		memcpy(clean->at + clean->size, part, size);
		clean->size += size;
	}
	return true;
}

size_t tar_text_base(const struct tar_text *text)
{
	const char *slash = memrchr(text->at, '/', text->size);
	return slash ? (size_t)(slash - text->at) + 1 : 0;
}

/* In UTF-16 what has four bytes here begins with a surrogate, which is less than what these bytes lead to. */
static int lead(uint8_t byte) { return byte == 0xee || byte == 0xef ? byte + 0x10 : byte; }

int tar_name_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
	size_t size = a_size < b_size ? a_size : b_size;
	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i]) return lead((uint8_t)a[i]) - lead((uint8_t)b[i]);
	return a_size < b_size ? -1 : a_size > b_size;
}
