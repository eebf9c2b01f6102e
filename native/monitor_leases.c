#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "monitor.h"
#include "util.h"

void leases_release(int dirfd)
{
	CLEANUP_CLOSE int fd = openat(dirfd, "leases", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0) return;
	FILE *file = fdopen(fd, "r");
	if (!file) return;
	(void)steal_fd(&fd);
	CLEANUP_FREE char *line = NULL;
	size_t room = 0;
	while (getline(&line, &room, file) > 0) {
		line[strcspn(line, "\n")] = 0;
		if (line[0] == '/') (void)unlink(line);
	}
	(void)fclose(file);
}
