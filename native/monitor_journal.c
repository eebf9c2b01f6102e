#include "monitor_life.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * The first line of DIR/event.json is the part that all events of this container share, without its end: who it is, its
 * labels. A line is written at once, so that it is whole whoever else writes. The directory of a --rm container is still
 * there.
 */
enum { SHARED_MAX = 1 << 18 };

/* `members` are JSON members without braces. */
static void append(const struct life *l, const char *members, const char *end)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	CLEANUP_FREE char *line = xasprintf("{\"time\":%lld,\"timeNano\":%lld%09ld,%s%s}\n", (long long)now.tv_sec,
					    (long long)now.tv_sec, now.tv_nsec, members, end);
	CLEANUP_CLOSE int fd = open(l->options->journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) (void)write_all(fd, line, __builtin_strlen(line));
}

/* The lines behind the first one are whole events but for their time, with the sign of when they are told. */
static void append_others(const struct life *l, char *lines, char sign)
{
	char *rest = NULL;
	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (line[0] == sign) append(l, line + 1, "");
}

void journal_write(const struct life *l, const char *action, const char *attributes)
{
	if (!l->options->journal) return;
	/* Of a process in somebody else's container only the end is still to be told. */
	if (l->request.join > 0) {
		if (strcmp(action, "die") != 0) return;
		action = "exec_die";
	}
	CLEANUP_FREE char *shared = xmalloc(SHARED_MAX);
	if (read_text_at(l->dirfd, "event.json", shared, SHARED_MAX) <= 0) return;
	char *others = strchr(shared, '\n');
	if (others) *others++ = '\0';
	if (others && strcmp(action, "start") == 0) append_others(l, others, '+');
	if (others && strcmp(action, "die") == 0) append_others(l, others, '-');
	CLEANUP_FREE char *members =
		xasprintf("\"status\":\"%s\",\"Action\":\"%s\",%s%s", action, action, shared, attributes);
	append(l, members, "}}");
}
