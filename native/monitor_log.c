#include "monitor.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "json_text.h"

/* The worst line: every byte becomes \u00XX, plus the frame. */
#define RECORD_MAX (LOG_LINE_MAX * 6 + 128)
#define BUFFER_SIZE (RECORD_MAX * 2)

static char buffer[BUFFER_SIZE];
static size_t used;

void log_flush(void)
{
	log_write(buffer, used);
	used = 0;
}

static void put(const char *text, size_t length)
{
	memcpy(buffer + used, text, length);
	used += length;
}

static void emit(const struct log_stream *s, size_t length)
{
	if (used + RECORD_MAX > BUFFER_SIZE)
		log_flush();
	char tail[96], at[32];
	state_time(at);
	put("{\"log\":\"", 8);
	used += json_escape(buffer + used, s->line, length);
	int n = snprintf(tail, sizeof tail, "\",\"stream\":\"%s\",\"time\":\"%s\"}\n", s->name, at);
	put(tail, (size_t)n);
}

/* Where a full buffer is cut: before a character whose rest has not come yet. */
static size_t cut(const struct log_stream *s)
{
	for (size_t back = 1; back <= 3; back++) {
		const unsigned char *at = (const unsigned char *)s->line + s->length - back;
		if (*at >= 0xc0)
			return utf8_length(at, back) == -1 ? s->length - back : s->length;
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
