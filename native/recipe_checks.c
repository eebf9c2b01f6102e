/*
 * Is everything as it was when the recipe was written? What it was made from is compared as stat(2) has it, or as text: where anything
 * is not the same, Node decides anew.
 *   B TEXT                    the boot
 *   H STATE                   this program
 *   S PATH STATE              a file or directory, unchanged
 *   E PATH IDENTITY           a file or directory that is still there; what is in it does not count
 *   A PATH                    nothing is there
 *   G PATH WORD TEXT          the lines of a file that have the word in them
 *   Q PATH BYTES              a file that is no larger
 *   N PATH BYTES              a file that is as large, no link
 *   V PATH MODE TEXT          a file with this mode and these bytes, no link; an empty mode is any
 *   L ROOT STATE SEAL BLOCKS PLAIN  directories of a context (recipe_context.c)
 */
#include "recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "util.h"

/* As src/foundation/native/recipe-items.ts writes it. */
static void write_identity(char *out, size_t size, const struct stat *st)
{
	(void)snprintf(out, size, "%llu:%llu", (unsigned long long)st->st_dev, (unsigned long long)st->st_ino);
}

static long long nanoseconds(struct timespec at) { return (long long)at.tv_sec * 1000000000 + at.tv_nsec; }

static void write_state(char *out, size_t size, const struct stat *st)
{
	char identity[64];
	write_identity(identity, sizeof identity, st);
	(void)snprintf(out, size, "%s:%u:%u:%u:%lld:%lld:%lld", identity, st->st_mode, st->st_uid, st->st_gid, (long long)st->st_size,
		       nanoseconds(st->st_mtim), nanoseconds(st->st_ctim));
}

static int same(const char *path, const char *expected, void (*write)(char *, size_t, const struct stat *))
{
	struct stat st;
	char text[256];
	if (stat(path, &st)) return -1;
	write(text, sizeof text, &st);
	return strcmp(text, expected) ? -1 : 0;
}

static int is_absent(const char *path)
{
	struct stat st;
	return lstat(path, &st) && errno == ENOENT ? 0 : -1;
}

static int is_small(const char *path, const char *limit)
{
	struct stat st;
	uint64_t most;
	if (parse_u64(limit, &most)) return -1;
	if (stat(path, &st)) return errno == ENOENT ? 0 : -1;
	return (uint64_t)st.st_size <= most ? 0 : -1;
}

/* The file is one of the kernel's: it has no size, and is read in one go. */
static int has_lines(const char *path, const char *word, const char *expected)
{
	enum { MOST = 1 << 20 };
	CLEANUP_FREE char *text = xmalloc(MOST);
	ssize_t size = read_text_at(AT_FDCWD, path, text, MOST);
	if (size < 0 || size >= MOST - 1) return -1;
	for (char *line = text; *line;) {
		size_t length = strcspn(line, "\n");
		size_t whole = length + (line[length] == '\n');
		if (memmem(line, length, word, strlen(word))) {
			if (strncmp(expected, line, whole) != 0) return -1;
			expected += whole;
		}
		line += whole;
	}
	return *expected ? -1 : 0;
}

static int is_as_large(const char *path, const char *bytes)
{
	struct stat st;
	uint64_t size;
	if (parse_u64(bytes, &size) || lstat(path, &st) || !S_ISREG(st.st_mode)) return -1;
	return (uint64_t)st.st_size == size ? 0 : -1;
}

static bool has_mode(mode_t found, const char *mode)
{
	uint32_t bits;
	return !*mode || (!parse_u32(mode, &bits) && (found & 07777) == bits);
}

static int has_bytes(const struct recipe *r, const char *path, const char *mode)
{
	struct stat st;
	size_t size;
	CLEANUP_FREE char *expected = recipe_fill(r, 2, &size);
	CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size != size || !has_mode(st.st_mode, mode)) return -1;
	CLEANUP_FREE char *found = xmalloc(size + 1);
	/* One byte more: it may have grown since. */
	return read_all(fd, found, size + 1) == (ssize_t)size && !memcmp(found, expected, size) ? 0 : -1;
}

int recipe_check(struct recipe *r)
{
	CLEANUP_FREE char *first = recipe_fill(r, 0, NULL);
	CLEANUP_FREE char *second = recipe_fill(r, 1, NULL);
	CLEANUP_FREE char *third = recipe_fill(r, 2, NULL);
	switch (r->item.operation) {
	case 'B': return strcmp(first, recipe_boot()) ? -1 : 0;
	case 'H': return same("/proc/self/exe", first, write_state);
	case 'S': return same(first, second, write_state);
	case 'E': return same(first, second, write_identity);
	case 'A': return is_absent(first);
	case 'G': return has_lines(first, second, third);
	case 'Q': return is_small(first, second);
	case 'N': return is_as_large(first, second);
	case 'L': return recipe_context(r);
	case 'V': return r->item.count == 3 ? has_bytes(r, first, second) : -1;
	default: return 1;
	}
}
