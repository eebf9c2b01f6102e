#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor.h"
#include "util.h"

/* Calls `take` with every line of DIR/name that is an absolute path. */
static void each_path(int dirfd, const char *name, void (*take)(const char *path, const char *id), const char *id)
{
	CLEANUP_CLOSE int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return;
	FILE *file = fdopen(fd, "r");
	if (!file) return;
	(void)steal_fd(&fd);
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] == '/') take(line, id);
	}
	(void)fclose(file);
}

static void unlink_lease(const char *path, const char *id)
{
	(void)id;
	(void)unlink(path);
}

void leases_release(int dirfd) { each_path(dirfd, "leases", unlink_lease, NULL); }

/* After a rename the old name may be another container's. */
static void unlink_name(const char *path, const char *id)
{
	char text[512];
	if (read_text_at(AT_FDCWD, path, text, sizeof text) > 0 && strstr(text, id)) (void)unlink(path);
}

void names_release(int dirfd, const char *id) { each_path(dirfd, "names", unlink_name, id); }
