/* Names in layer tars: src/store/layer/member-path.ts. Functions are false for what is odd. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAR_PATH_MAX = 4095, TAR_NAME_MAX = 255 };

struct tar_text {
	char at[TAR_PATH_MAX + 1];
	size_t size;
};

/* Well-formed UTF-8 without NUL that fits. */
bool tar_text_set(struct tar_text *text, const char *bytes, size_t size);
/* Without empty components and `.`; `..` is odd. */
bool tar_text_clean(struct tar_text *clean, const struct tar_text *text);
/* Where the last component begins. */
size_t tar_text_base(const struct tar_text *text);
/* Order of UTF-16 code units of well-formed UTF-8. */
int tar_name_compare(const char *a, size_t a_size, const char *b, size_t b_size);
