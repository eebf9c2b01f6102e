/* Sequences that are complete, cut between two reads, broken off, and begun anew. */
#include "../detach_keys.h"

#include <string.h>

#include "check.h"

static struct detach_keys keys;
static char out[64];

static bool types(const char *typed, const char *passed)
{
	bool detached;
	size_t n = detach_keys_filter(&keys, typed, strlen(typed), out, &detached);
	CHECK(n == strlen(passed) && !memcmp(out, passed, n));
	return detached;
}

int main(void)
{
	CHECK(detach_keys_parse(&keys, "1") < 0 && detach_keys_parse(&keys, "xx") < 0);
	CHECK(detach_keys_parse(&keys, "1011") == 0 && keys.count == 2);
	CHECK(!types("ls\r", "ls\r"));
	CHECK(!types("\x10", "") && !types("a", "\x10" "a"));
	CHECK(!types("\x10\x10", "\x10") && types("\x11", ""));
	CHECK(types("ls\x10\x11more", "ls"));
	CHECK(!types("\x11\x10\x12", "\x11\x10\x12"));
	CHECK(detach_keys_parse(&keys, "61") == 0 && !types("b", "b") && types("ba", "b"));
	CHECK(detach_keys_parse(&keys, "") == 0 && !types("\x10\x11", "\x10\x11"));
	return 0;
}
