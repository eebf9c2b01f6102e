#include "monitor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The worst line: every byte becomes \u00XX, plus the frame. */
#define RECORD_MAX (LOG_LINE_MAX * 6 + 128)
#define BUFFER_SIZE (RECORD_MAX * 2)

static int log_fd = -1;
static char buffer[BUFFER_SIZE];
static size_t used;

int log_open(int dirfd)
{
	log_fd = openat(dirfd, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	return log_fd < 0 ? -1 : 0;
}

void log_flush(void)
{
	/* A full disk loses lines of the log; the container must not stop for it. */
	for (size_t done = 0; done < used;) {
		ssize_t n = write(log_fd, buffer + done, used - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	used = 0;
}

static void put(const char *text, size_t length)
{
	memcpy(buffer + used, text, length);
	used += length;
}

/* Length of the UTF-8 sequence at `at`, 0 when it is malformed, -1 when it is cut off by the end. */
static int sequence(const unsigned char *at, size_t left)
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

static void put_escaped(const unsigned char *text, size_t length)
{
	for (size_t i = 0; i < length;) {
		unsigned char c = text[i];
		int size = sequence(text + i, length - i);
		char unit[8];
		if (size <= 0) {
			put("\\ufffd", 6);
			i++;
		} else if (c == '"' || c == '\\') {
			unit[0] = '\\';
			unit[1] = (char)c;
			put(unit, 2);
			i++;
		} else if (c == '\n' || c == '\r' || c == '\t') {
			put(c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t", 2);
			i++;
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(unit, sizeof unit, "\\u%04x", c);
			put(unit, 6);
			i++;
		} else {
			put((const char *)text + i, (size_t)size);
			i += (size_t)size;
		}
	}
}

static void emit(const struct log_stream *s, size_t length)
{
	if (log_fd < 0)
		return;
	if (used + RECORD_MAX > BUFFER_SIZE)
		log_flush();
	char tail[96], at[32];
	state_time(at);
	put("{\"log\":\"", 8);
	put_escaped((const unsigned char *)s->line, length);
	int n = snprintf(tail, sizeof tail, "\",\"stream\":\"%s\",\"time\":\"%s\"}\n", s->name, at);
	put(tail, (size_t)n);
}

/* Where a full buffer is cut: before a character whose rest has not come yet. */
static size_t cut(const struct log_stream *s)
{
	for (size_t back = 1; back <= 3; back++) {
		const unsigned char *at = (const unsigned char *)s->line + s->length - back;
		if (*at >= 0xc0)
			return sequence(at, back) == -1 ? s->length - back : s->length;
		if (*at < 0x80)
			break;
	}
	return s->length;
}

void log_feed(struct log_stream *s, const char *bytes, size_t count)
{
	while (count > 0) {
		size_t room = LOG_LINE_MAX - s->length;
		size_t take = count < room ? count : room;
		const char *end = memchr(bytes, '\n', take);
		if (end)
			take = (size_t)(end - bytes) + 1;
		memcpy(s->line + s->length, bytes, take);
		s->length += take;
		bytes += take;
		count -= take;
		if (end) {
			emit(s, s->length);
			s->length = 0;
		} else if (s->length == LOG_LINE_MAX) {
			size_t whole = cut(s);
			emit(s, whole);
			s->length -= whole;
			memmove(s->line, s->line + whole, s->length);
		}
	}
}

void log_finish(struct log_stream *s)
{
	if (s->length > 0)
		emit(s, s->length);
	s->length = 0;
	log_flush();
}
