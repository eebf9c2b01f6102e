#include "detach_keys.h"

#include <string.h>

static int digit(char c)
{
	if (c >= '0' && c <= '9') return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int detach_keys_parse(struct detach_keys *k, const char *hex)
{
	size_t length = strlen(hex);
	*k = (struct detach_keys){0};
	if (length % 2 || length / 2 > DETACH_KEYS_MAX) return -1;
	for (size_t i = 0; i < length; i += 2) {
		int high = digit(hex[i]), low = digit(hex[i + 1]);
		if (high < 0 || low < 0) return -1;
		k->keys[k->count++] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

size_t detach_keys_filter(struct detach_keys *k, const char *typed, size_t size, char *out, bool *detached)
{
	size_t length = 0;
	*detached = false;
	for (size_t i = 0; i < size; i++) {
		unsigned char c = (unsigned char)typed[i];
		if (k->count && c == k->keys[k->matched]) {
			if (++k->matched < k->count) continue;
			k->matched = 0;
			*detached = true;
			return length;
		}
		/* As docker: what was held back is typed after all, and the byte may begin the sequence anew. */
		memcpy(out + length, k->keys, k->matched);
		length += k->matched;
		k->matched = 0;
		if (k->count && c == k->keys[0]) {
			k->matched = 1;
			if (k->count > 1) continue;
		}
		out[length++] = (char)c;
	}
	return length;
}
