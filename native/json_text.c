#include "json_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

int utf8_length(const unsigned char *at, size_t left)
{
	unsigned char c = at[0];
	if (c < 0x80)
		return 1;
	int length = c >= 0xc2 && c <= 0xdf ? 2 : (c & 0xf0) == 0xe0 ? 3 : c >= 0xf0 && c <= 0xf4 ? 4 : 0;
	for (int i = 1; i < length; i++) {
		if ((size_t)i >= left)
			return -1;
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	}
	if (length < 3)
		return length;
	if (left < 2)
		return -1;
	bool overlong = (c == 0xe0 && at[1] < 0xa0) || (c == 0xf0 && at[1] < 0x90);
	bool outside = (c == 0xed && at[1] > 0x9f) || (c == 0xf4 && at[1] > 0x8f);
	return overlong || outside ? 0 : length;
}

/* What is written for one byte that is no plain part of a string; 0 when it may stand as it is. */
static size_t escape_byte(unsigned char c, char *out)
{
	char unit[8];
	if (c == '"' || c == '\\') (void)snprintf(unit, sizeof unit, "\\%c", c);
	else if (c == '\n' || c == '\r' || c == '\t') (void)snprintf(unit, sizeof unit, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
	else if (c < 0x20 || c == 0x7f) (void)snprintf(unit, sizeof unit, "\\u%04x", c);
	else return 0;
	memcpy(out, unit, strlen(unit));
	return strlen(unit);
}

size_t json_escape(char *out, const char *text, size_t length)
{
	char *start = out;
	for (size_t i = 0; i < length;) {
		const unsigned char *at = (const unsigned char *)text + i;
		int size = utf8_length(at, length - i);
		size_t escaped = size == 1 ? escape_byte(*at, out) : 0;
		if (size <= 0) {
			memcpy(out, "\\ufffd", 6);
			escaped = 6;
			size = 1;
		} else if (!escaped) {
			memcpy(out, at, (size_t)size);
			escaped = (size_t)size;
		}
		out += escaped;
		i += (size_t)size;
	}
	return (size_t)(out - start);
}
