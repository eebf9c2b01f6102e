/* The log: lines, long lines, bytes that are no text. */
#include "../monitor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static char text[400000];

/* What the log has now, without the times; the log starts anew. */
static const char *take(int dirfd)
{
	static char plain[400000];
	log_flush();
	int fd = openat(dirfd, "log", O_RDWR);
	CHECK(fd >= 0);
	ssize_t n = read(fd, text, sizeof text - 1);
	CHECK(n >= 0 && ftruncate(fd, 0) == 0);
	(void)close(fd);
	text[n] = 0;
	char *out = plain;
	for (const char *at = text; *at;) {
		const char *time = strstr(at, ",\"time\":\"");
		CHECK(time);
		memcpy(out, at, (size_t)(time - at));
		out += time - at;
		*out++ = '\n';
		at = strchr(time, '\n') + 1;
	}
	*out = 0;
	return plain;
}

static struct log_stream stream = {.name = "stdout"};

static void feed(const char *bytes) { log_feed(&stream, bytes, strlen(bytes)); }

int main(void)
{
	char directory[] = "/tmp/tsbuild-log-XXXXXX";
	CHECK(mkdtemp(directory));
	int dirfd = open(directory, O_RDONLY | O_DIRECTORY);
	CHECK(dirfd >= 0 && log_open(dirfd, &(struct log_options){0}) == 0);

	feed("one\ntwo");
	CHECK(!strcmp(take(dirfd), "{\"log\":\"one\\n\",\"stream\":\"stdout\"\n"));
	feed(" more\n");
	CHECK(!strcmp(take(dirfd), "{\"log\":\"two more\\n\",\"stream\":\"stdout\"\n"));
	feed("end");
	log_finish(&stream);
	log_finish(&stream);
	CHECK(!strcmp(take(dirfd), "{\"log\":\"end\",\"stream\":\"stdout\"\n"));

	feed("\"\\\t\r\x01\x7f\xc3\xa9\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\n");
	CHECK(!strcmp(take(dirfd), "{\"log\":\"\\\"\\\\\\t\\r\\u0001\\u007f\xc3\xa9\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd"
				   "\\ufffd\\ufffd\\ufffd\\ufffd\\n\",\"stream\":\"stdout\"\n"));

	/* A character at the place of the cut stays whole. */
	static char longer[LOG_LINE_MAX + 3];
	memset(longer, 'a', LOG_LINE_MAX - 1);
	memcpy(longer + LOG_LINE_MAX - 1, "\xc3\xa9", 2);
	feed(longer);
	feed("\n");
	const char *log = take(dirfd);
	CHECK(!strstr(log, "\\ufffd"));
	CHECK(strstr(log, "a\",\"stream\":\"stdout\"\n{\"log\":\"\xc3\xa9\\n\""));

	/* The worst line of all fits. */
	memset(longer, 1, LOG_LINE_MAX);
	longer[LOG_LINE_MAX] = 0;
	for (int i = 0; i < 3; i++) feed(longer);
	CHECK(strlen(take(dirfd)) == 3 * (LOG_LINE_MAX * 6 + strlen("{\"log\":\"\",\"stream\":\"stdout\"\n")));

	CHECK(!unlinkat(dirfd, "log", 0) && !rmdir(directory));
	return 0;
}
