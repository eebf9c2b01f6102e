/* The keys that leave a terminal: looked for in what is typed, byte by byte. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { DETACH_KEYS_MAX = 16 };

struct detach_keys {
	unsigned char keys[DETACH_KEYS_MAX];
	size_t count; /* 0: there are none */
	size_t matched; /* of a sequence that has begun; these bytes are held back */
};

/* Hexadecimal digits, two for a key. 0, or -1 when it is no such text. */
int detach_keys_parse(struct detach_keys *k, const char *hex);

/*
 * Copies what was typed to `out`, which holds size + DETACH_KEYS_MAX bytes, without a sequence that is not over yet.
 * Returns the length; *detached tells that the sequence is complete: what follows it is dropped.
 */
size_t detach_keys_filter(struct detach_keys *k, const char *typed, size_t size, char *out, bool *detached);
