/* The files of the log: `log`, and behind it `log.1` (the newest) to `log.N`. */
#include "monitor.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int log_fd = -1, log_dir = -1;
static uint64_t size;
static struct log_options limits;

static int open_file(void)
{
	struct stat st;
	log_fd = openat(log_dir, "log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (log_fd < 0) return -1;
	size = fstat(log_fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	return 0;
}

int log_open(int dirfd, const struct log_options *options)
{
	log_dir = dirfd;
	limits = *options;
	return open_file();
}

static void name_of(char out[static 24], uint32_t number)
{
	(void)snprintf(out, 24, number ? "log.%u" : "log", number);
}

/* Every step is one rename, the oldest first: wherever this is cut off, no file takes the place of one that is kept. */
static void rotate(void)
{
	char from[24], to[24];
	if (limits.max_files <= 1) {
		/* Readers keep what they have open; whoever follows finds another file under the name. */
		(void)unlinkat(log_dir, "log", 0);
	}
	for (uint32_t number = limits.max_files - 1; limits.max_files > 1 && number > 0; number--) {
		name_of(from, number - 1);
		name_of(to, number);
		(void)renameat(log_dir, from, log_dir, to);
	}
	(void)close(log_fd);
	(void)open_file();
}

/* As many whole lines as it takes to reach `enough` bytes: as docker, a file ends with the line that makes it full. */
static size_t whole_lines(const char *bytes, size_t count, uint64_t enough)
{
	size_t end = 0;
	while (end < count && end < enough) {
		const char *newline = memchr(bytes + end, '\n', count - end);
		end = newline ? (size_t)(newline - bytes) + 1 : count;
	}
	return end;
}

static void append(const char *bytes, size_t count)
{
	/* A full disk loses lines of the log; the container must not stop for it. */
	for (size_t done = 0; done < count;) {
		ssize_t n = write(log_fd, bytes + done, count - done);
		if (n <= 0) break;
		done += (size_t)n;
		size += (uint64_t)n;
	}
}

void log_write(const char *bytes, size_t count)
{
	while (count > 0 && log_fd >= 0) {
		size_t take = count;
		if (limits.max_size > 0) {
			if (size >= limits.max_size) rotate();
			take = whole_lines(bytes, count, limits.max_size > size ? limits.max_size - size : 1);
		}
		if (log_fd >= 0) append(bytes, take);
		bytes += take;
		count -= take;
	}
}
