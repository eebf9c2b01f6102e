/* Bytes as the inside of a JSON string. */
#pragma once
#include <stddef.h>

/* Length of the UTF-8 sequence at `at`, 0 when it is malformed, -1 when it is cut off by the end. */
int utf8_length(const unsigned char *at, size_t left);

enum { JSON_ESCAPE_MAX = 6 }; /* bytes that one may become */

/* Returns what was written to `out`, without a NUL. Bytes that are no text become U+FFFD. */
size_t json_escape(char *out, const char *text, size_t length);
