#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static void *or_die(void *p)
{
	if (p) return p;
	static const char text[] = "tsbuild-native: out of memory\n";
	(void)!write(2, text, sizeof text - 1);
	_exit(70);
}

void *xmalloc(size_t size) { return or_die(malloc(size ? size : 1)); }
void *xcalloc(size_t count, size_t size) { return or_die(calloc(count ? count : 1, size ? size : 1)); }
void *xrealloc(void *p, size_t size) { return or_die(realloc(p, size ? size : 1)); }
char *xstrdup(const char *s) { return or_die(strdup(s)); }

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text = NULL;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	return or_die(length < 0 ? NULL : text);
}

int write_all(int fd, const void *bytes, size_t size)
{
	const char *p = bytes;
	while (size) {
		ssize_t n = write(fd, p, size);
		if (n < 0) {
			if (errno == EINTR) continue;
			if (errno != EAGAIN) return -1;
			struct pollfd wait = {.fd = fd, .events = POLLOUT};
			(void)poll(&wait, 1, -1);
			continue;
		}
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t read_all(int fd, void *bytes, size_t size)
{
	char *p = bytes;
	size_t done = 0;
	while (done < size) {
		ssize_t n = read(fd, p + done, size - done);
		if (n == 0) break;
		if (n > 0) {
			done += (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd wait = {.fd = fd, .events = POLLIN};
			(void)poll(&wait, 1, -1);
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return (ssize_t)done;
}

int write_text_at(int dirfd, const char *path, const char *text)
{
	CLEANUP_CLOSE int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return -1;
	size_t size = strlen(text);
	ssize_t n = write(fd, text, size);
	if (n < 0) return -1;
	if ((size_t)n != size) {
		errno = EIO;
		return -1;
	}
	return 0;
}

ssize_t read_text_at(int dirfd, const char *path, char *text, size_t size)
{
	CLEANUP_CLOSE int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) return -1;
	ssize_t n = read_all(fd, text, size - 1);
	if (n >= 0) text[n] = 0;
	return n;
}

int parse_u64(const char *text, uint64_t *value)
{
	uint64_t v = 0;
	if (!*text) goto bad;
	for (; *text; text++) {
		if (*text < '0' || *text > '9') goto bad;
		uint64_t digit = (uint64_t)(*text - '0');
		if (v > (UINT64_MAX - digit) / 10) goto bad;
		v = v * 10 + digit;
	}
	*value = v;
	return 0;
bad:
	errno = EINVAL;
	return -1;
}

int parse_i64(const char *text, int64_t *value)
{
	bool negative = *text == '-';
	uint64_t v;
	if (parse_u64(text + negative, &v)) return -1;
	if (v > (uint64_t)INT64_MAX) {
		errno = EINVAL;
		return -1;
	}
	*value = negative ? -(int64_t)v : (int64_t)v;
	return 0;
}

int parse_u32(const char *text, uint32_t *value)
{
	uint64_t v;
	if (parse_u64(text, &v)) return -1;
	if (v > UINT32_MAX) {
		errno = EINVAL;
		return -1;
	}
	*value = (uint32_t)v;
	return 0;
}

void strings_add(struct strings *list, const char *item)
{
	/* Room is doubled at powers of two; one more for the final NULL. */
	size_t n = list->count;
	if (n == 0 || (n & (n - 1)) == 0) list->items = xrealloc(list->items, (n * 2 + 2) * sizeof *list->items);
	list->items[n] = item;
	list->items[n + 1] = NULL;
	list->count = n + 1;
}
