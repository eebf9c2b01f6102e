/* Ownership by scope, whole reads and writes, growing string lists. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static inline void cleanup_free_fn(void *p) { free(*(void **)p); }
static inline void cleanup_close_fn(int *fd)
{
	if (*fd >= 0) (void)close(*fd);
}
#define CLEANUP_FREE __attribute__((cleanup(cleanup_free_fn)))
#define CLEANUP_CLOSE __attribute__((cleanup(cleanup_close_fn)))
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Gives up ownership: `return steal_fd(&fd);` */
static inline int steal_fd(int *fd)
{
	int stolen = *fd;
	*fd = -1;
	return stolen;
}

/* Memory or the end of the process (exit code 70 with a line on stderr). */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All `size` bytes, restarted after EINTR and (for blocking use) EAGAIN. 0, or -1 with errno. */
int write_all(int fd, const void *bytes, size_t size);
/* Up to `size` bytes until end of file; the count, or -1 with errno. */
ssize_t read_all(int fd, void *bytes, size_t size);
/* Writes a short text to a file under `dirfd` in one write(2). 0, or -1 with errno. */
int write_text_at(int dirfd, const char *path, const char *text);
/* Reads a small file as text, at most size-1 bytes, NUL added. The length, or -1 with errno. */
ssize_t read_text_at(int dirfd, const char *path, char *text, size_t size);

/* Decimal numbers as strict text: no sign for unsigned, no blanks, no overflow. 0, or -1 with EINVAL. */
int parse_u64(const char *text, uint64_t *value);
int parse_i64(const char *text, int64_t *value);
int parse_u32(const char *text, uint32_t *value);

/* List of strings, NULL after the last; the strings are not owned. */
struct strings {
	const char **items;
	size_t count;
};
void strings_add(struct strings *list, const char *item);
