#include "gate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "status.h"
#include "util.h"

int gate_open(const char *directory, int ends[GATE_ENDS], struct err *e)
{
	static const char *const names[GATE_ENDS] = {"start", "started"};
	CLEANUP_CLOSE int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) return fail(e, "gate", "%s", directory);
	for (int i = 0; i < GATE_ENDS; i++) {
		if (mkfifoat(fd, names[i], 0600)) return fail(e, "gate", "%s/%s", directory, names[i]);
		ends[i] = openat(fd, names[i], O_RDWR | O_CLOEXEC | O_NOFOLLOW);
		if (ends[i] < 0) return fail(e, "gate", "%s/%s", directory, names[i]);
	}
	return 0;
}

int gate_await(const int ends[GATE_ENDS], struct err *e)
{
	char byte;
	ssize_t n;
	do
		n = read(ends[GATE_START], &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 ? 0 : fail(e, "gate", "wait");
}

void gate_report(const int ends[GATE_ENDS], const struct err *e) { status_error(ends[GATE_STARTED], e); }
