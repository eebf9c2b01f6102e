#include "monitor_life.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * DIR/event.json is the part that all events of this container share, without its end: who it is, its labels. A line is
 * written at once, so that it is whole whoever else writes. The directory of a --rm container is still there.
 */
void journal_write(const struct life *l, const char *action, const char *attributes)
{
	if (!l->options->journal) return;
	/* Of a process in somebody else's container only the end is still to be told. */
	if (l->request.join > 0) {
		if (strcmp(action, "die") != 0) return;
		action = "exec_die";
	}
	enum { SHARED_MAX = 65536 };
	CLEANUP_FREE char *shared = xmalloc(SHARED_MAX);
	if (read_text_at(l->dirfd, "event.json", shared, SHARED_MAX) <= 0) return;
	struct timespec now;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	CLEANUP_FREE char *line =
		xasprintf("{\"time\":%lld,\"timeNano\":%lld%09ld,\"status\":\"%s\",\"Action\":\"%s\",%s%s}}}\n",
			  (long long)now.tv_sec, (long long)now.tv_sec, now.tv_nsec, action, action, shared, attributes);
	CLEANUP_CLOSE int fd = open(l->options->journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) (void)write_all(fd, line, __builtin_strlen(line));
}
